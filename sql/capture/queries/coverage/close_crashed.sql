-- Close what earlier runs of the gatherer left open: they ended without a word, after the last frame they logged. What
-- was received two seconds before a heartbeat was logged when it beat, so without later frames that time was quiet.
-- Parameters: before bigint, the first number of this run; ended_at timestamptz, of the last frame logged, or null
-- Reads: capture.heartbeat
-- Writes: capture.connections, capture.subscriptions
-- Returns: how many connections were closed
with
last_sign as (
    select
        coalesce(greatest(%(ended_at)s::timestamptz, max(h.beat_at) - interval '2 seconds'), now()) as at
    from capture.heartbeat as h
),

connection as (
    update capture.connections as c
    set
        ingest_xid = pg_current_xact_id(),
        closed_at = greatest(l.at, c.opened_at),
        close_reason = 'crashed'
    from last_sign as l
    where c.connection_id < %(before)s and c.closed_at is null
    returning c.connection_id
),

subscription as (
    update capture.subscriptions as s
    set
        ingest_xid = pg_current_xact_id(),
        ended_at = greatest(l.at, s.began_at),
        end_reason = 'crashed'
    from last_sign as l
    where s.connection_id < %(before)s and s.ended_at is null
)

select count(*) from connection;
