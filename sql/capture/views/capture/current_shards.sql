-- The last heartbeats of all shards that a gatherer has now; none until each of them has written one.
-- The newest status names the number of shards. Rows of shards that there were before do not count.
-- Reads: capture.heartbeat
create or replace view capture.current_shards as
with newest as (
    select coalesce(split_part(h.status ->> 'shard', '/', 2)::integer, 1) as shards
    from capture.heartbeat as h
    order by h.beat_at desc
    limit 1
),

present as (
    select
        h.shard,
        h.beat_at,
        h.status,
        n.shards,
        count(*) over () as present_shards
    from capture.heartbeat as h
    cross join newest as n
    where h.shard <= n.shards
)

select
    shard,
    beat_at,
    status
from present
where present_shards = shards;

comment on view capture.current_shards is 'The last heartbeats of all shards that this gatherer has now.';
