-- Read the state of this gatherer, whether it runs or not.
-- Reads: sync.heartbeat_v1, sync.instance_v1, capture.gaps, capture.connections
-- Returns: the last heartbeat and its age in seconds (null if there was none), the epoch, the size of the database, the
-- gaps of today and those not repaired yet, the open connections
select
    h.beat_at,
    extract(epoch from clock_timestamp() - h.beat_at)::float8 as silent_seconds,
    h.status,
    i.epoch,
    i.created_at as epoch_began_at,
    pg_database_size(current_database()) as database_bytes,
    (select count(*) from capture.gaps as g where g.detected_at >= date_trunc('day', now())) as gaps_today,
    (select count(*) from capture.gaps as g where g.ended_at is null) as gaps_open,
    (select count(*) from capture.connections as c where c.closed_at is null) as connections_open
from sync.instance_v1 as i
left join sync.heartbeat_v1 as h on true;
