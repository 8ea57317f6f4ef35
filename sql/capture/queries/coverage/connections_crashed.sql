-- Close the connections and coverage that an earlier run left open when it crashed. A later run may have written its
-- heartbeats since, so those say nothing about the earlier one: only what it logged does.
-- Parameters: rows jsonb, an array of objects: a range of connections, and when the last frame of them was received;
-- ended_at is null if that is not known: then nothing that is open counts as covered. Of ranges that hold the same
-- connection, the smallest counts. What is closed stays as it is
-- Writes: capture.connections, capture.subscriptions
-- Returns: how many connections were closed
with
range as (
    select
        r.connection_first,
        r.connection_before,
        r.ended_at
    from
        jsonb_to_recordset(%(rows)s::jsonb) as r (
            connection_first bigint, connection_before bigint, ended_at timestamptz
        )
),

crashed_connection as (
    select distinct on (c.connection_id)
        c.connection_id,
        r.ended_at
    from capture.connections as c
    inner join range as r on c.connection_id >= r.connection_first and c.connection_id < r.connection_before
    where c.closed_at is null
    order by c.connection_id, r.connection_before - r.connection_first
),

crashed_subscription as (
    select distinct on (s.connection_id, s.sid, s.market_ticker, s.began_at)
        s.connection_id,
        s.sid,
        s.market_ticker,
        s.began_at,
        r.ended_at
    from capture.subscriptions as s
    inner join range as r on s.connection_id >= r.connection_first and s.connection_id < r.connection_before
    where s.ended_at is null
    order by s.connection_id, s.sid, s.market_ticker, s.began_at, r.connection_before - r.connection_first
),

closed as (
    update capture.connections as c
    set
        ingest_xid = pg_current_xact_id(),
        closed_at = greatest(k.ended_at, c.opened_at),
        close_reason = 'crashed'
    from crashed_connection as k
    where c.connection_id = k.connection_id and c.closed_at is null
    returning c.connection_id
),

ended as (
    update capture.subscriptions as s
    set
        ingest_xid = pg_current_xact_id(),
        ended_at = greatest(k.ended_at, s.began_at),
        end_reason = 'crashed'
    from crashed_subscription as k
    where
        s.connection_id = k.connection_id and s.sid = k.sid and s.market_ticker = k.market_ticker
        and s.began_at = k.began_at and s.ended_at is null
)

select count(*) from closed;
