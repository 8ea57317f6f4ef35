-- Read the heartbeats of deduplicators.
-- Reads: ops.deduplicators
-- Returns: shard, beat_at, how many seconds ago that was, status
select
    shard,
    beat_at,
    extract(epoch from clock_timestamp() - beat_at)::float8 as silent_seconds,
    status
from ops.deduplicators
order by shard;
