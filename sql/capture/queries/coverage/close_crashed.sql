-- Close the connections and coverage that earlier runs of a shard left open when they crashed.
-- They end at the last logged frame, or two seconds before the last heartbeat if that is later: when a heartbeat is
-- written, the log holds every frame received until two seconds before it. A time in the future was written by a wrong
-- clock and does not count. Without any time, coverage ends when it began.
-- Parameters: shard smallint; first bigint, the first number that frames of the shard can have;
-- before bigint, the first frame number of this run; ended_at timestamptz, the time of the last logged frame, or null
-- Reads: capture.heartbeat
-- Writes: capture.connections, capture.subscriptions
-- Returns: how many connections were closed
with
last_sign as (
    select coalesce(max(s.at), '-infinity') as at
    from (
        select %(ended_at)s::timestamptz as at
        union all
        select h.beat_at - interval '2 seconds' as at from capture.heartbeat as h
        where h.shard = %(shard)s
    ) as s
    where s.at <= now() + interval '1 hour'
),

connection as (
    update capture.connections as c
    set
        ingest_xid = pg_current_xact_id(),
        closed_at = greatest(l.at, c.opened_at),
        close_reason = 'crashed'
    from last_sign as l
    where c.connection_id >= %(first)s and c.connection_id < %(before)s and c.closed_at is null
    returning c.connection_id
),

subscription as (
    update capture.subscriptions as s
    set
        ingest_xid = pg_current_xact_id(),
        ended_at = greatest(l.at, s.began_at),
        end_reason = 'crashed'
    from last_sign as l
    where s.connection_id >= %(first)s and s.connection_id < %(before)s and s.ended_at is null
)

select count(*) from connection;
