-- Read the heartbeats of deduplicators: of all shards that there are now. The newest heartbeat names their number.
-- Reads: ops.deduplicators
-- Returns: shard, beat_at, how many seconds ago that was, status
with newest as (
    select split_part(d.shard, '/', 2) as shards
    from ops.deduplicators as d
    order by d.beat_at desc
    limit 1
)

select
    d.shard,
    d.beat_at,
    extract(epoch from clock_timestamp() - d.beat_at)::float8 as silent_seconds,
    d.status
from ops.deduplicators as d
inner join newest as n on split_part(d.shard, '/', 2) = n.shards
order by d.shard;
