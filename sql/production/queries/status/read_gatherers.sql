-- Read each gatherer's last heartbeat.
-- Reads: ops.heartbeats
-- Returns: gatherer_id, epoch, beat_at by the gatherer's clock, how many seconds ago it was read here, status
select
    gatherer_id,
    epoch,
    beat_at,
    extract(epoch from clock_timestamp() - read_at)::float8 as silent_seconds,
    status
from ops.heartbeats
order by gatherer_id;
