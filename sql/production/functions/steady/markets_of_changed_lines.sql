-- Find the markets of connections that were lost or came back since minutes were classified the last time.
-- Parameters: from_at and until_at, the minutes to be classified next
-- Reads: ops.subscriptions, and what ops.open_lines reads
-- Writes: ops.lost_lines
-- Returns: stream and market of their open subscriptions
create or replace function ops.markets_of_changed_lines(from_at timestamptz, until_at timestamptz)
returns table (stream text, market_ticker text)
language plpgsql
as $$
declare
    changed ops.lost_lines[];
begin
    select array_agg((l.gatherer_id, l.epoch, l.connection_id, l.known_until)::ops.lost_lines) into changed
    from ops.open_lines() as l
    left join ops.lost_lines as k
        on l.gatherer_id = k.gatherer_id and l.epoch = k.epoch and l.connection_id = k.connection_id
    where case
        when k.lost_at is null then l.known_until < until_at
        else l.known_until <> k.lost_at or l.known_until > from_at
    end;

    delete from ops.lost_lines as k
    using unnest(changed) as c
    where k.gatherer_id = c.gatherer_id and k.epoch = c.epoch and k.connection_id = c.connection_id;
    insert into ops.lost_lines (gatherer_id, epoch, connection_id, lost_at)
    select c.gatherer_id, c.epoch, c.connection_id, c.lost_at from unnest(changed) as c where c.lost_at < until_at;
    -- A connection whose subscriptions have all ended is of no interest any more.
    delete from ops.lost_lines as k
    where not exists (
        select
        from ops.subscriptions as s
        where
            s.gatherer_id = k.gatherer_id and s.epoch = k.epoch and s.connection_id = k.connection_id
            and s.ended_at is null
    );

    return query
    select distinct m.stream, s.market_ticker
    from unnest(changed) as c
    inner join ops.subscriptions as s
        on c.gatherer_id = s.gatherer_id and c.epoch = s.epoch and c.connection_id = s.connection_id
    inner join ops.classified_streams() as m on s.channel = m.channel
    where s.ended_at is null and m.is_by_market;
end;
$$;

comment on function ops.markets_of_changed_lines is
'The markets of connections that were lost or came back since minutes were classified the last time.';
