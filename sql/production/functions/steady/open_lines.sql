-- List the connections with open subscriptions, and until when each is known to have worked.
-- Reads: ops.subscriptions, ops.connections, ops.heartbeats
-- Returns: one row per connection; known_until is -infinity if nothing of it is known
create or replace function ops.open_lines()
returns table (gatherer_id smallint, epoch uuid, connection_id bigint, known_until timestamptz)
language sql
stable
as $$
    -- One index probe per connection: there are many times more subscriptions.
    with recursive line as (
        (
            select s.gatherer_id, s.epoch, s.connection_id
            from ops.subscriptions as s
            where s.ended_at is null
            order by s.gatherer_id, s.epoch, s.connection_id
            limit 1
        )
        union all
        select n.gatherer_id, n.epoch, n.connection_id
        from line as l
        cross join lateral (
            select s.gatherer_id, s.epoch, s.connection_id
            from ops.subscriptions as s
            where
                s.ended_at is null
                and (s.gatherer_id, s.epoch, s.connection_id) > (l.gatherer_id, l.epoch, l.connection_id)
            order by s.gatherer_id, s.epoch, s.connection_id
            limit 1
        ) as n
    )

    select
        l.gatherer_id, l.epoch, l.connection_id,
        coalesce(least(c.closed_at, h.beat_at, h.read_at), '-infinity') as known_until
    from line as l
    left join ops.connections as c
        on l.gatherer_id = c.gatherer_id and l.epoch = c.epoch and l.connection_id = c.connection_id
    left join ops.heartbeats as h on l.gatherer_id = h.gatherer_id and l.epoch = h.epoch;
$$;

comment on function ops.open_lines is 'The connections with open subscriptions, and until when each is known to work.';
