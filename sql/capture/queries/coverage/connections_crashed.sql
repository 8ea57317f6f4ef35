-- Close the connections and coverage that an earlier run left open when it crashed. A later run may have written its
-- heartbeats since, so those say nothing about the earlier one: only what it logged does.
-- Parameters: rows jsonb, an array of objects: a range of connections, and when the last frame of them was received;
-- ended_at is null if that is not known: then nothing that is open counts as covered. Of ranges that hold the same
-- connection, the smallest counts. What is closed stays as it is
-- Writes: capture.connections, capture.subscriptions
-- Returns: how many connections were closed
with
run as (
    select
        r.connection_first,
        r.connection_before,
        r.ended_at
    from
        jsonb_to_recordset(%(rows)s::jsonb) as r (
            connection_first bigint, connection_before bigint, ended_at timestamptz
        )
),

crashed as (
    select distinct on (o.connection_id)
        o.connection_id,
        r.ended_at
    from (
        select c.connection_id from capture.connections as c
        where c.closed_at is null
        union
        select s.connection_id from capture.subscriptions as s
        where s.ended_at is null
    ) as o
    inner join run as r on o.connection_id >= r.connection_first and o.connection_id < r.connection_before
    order by o.connection_id, r.connection_before - r.connection_first
),

closed as (
    update capture.connections as c
    set
        ingest_xid = pg_current_xact_id(),
        closed_at = greatest(k.ended_at, c.opened_at),
        close_reason = 'crashed'
    from crashed as k
    where c.connection_id = k.connection_id and c.closed_at is null
    returning c.connection_id
),

ended as (
    update capture.subscriptions as s
    set
        ingest_xid = pg_current_xact_id(),
        ended_at = greatest(k.ended_at, s.began_at),
        end_reason = 'crashed'
    from crashed as k
    where s.connection_id = k.connection_id and s.ended_at is null
)

select count(*) from closed;
