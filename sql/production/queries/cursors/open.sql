-- Create the cursor of a gatherer's stream if it is missing, and move it to where all parts of the markets are merged:
-- after the number of shards changed, the shards of each number together have merged up to the last of their cursors.
-- Parameters: gatherer_id smallint, epoch uuid, stream text, shard text
-- Reads: ops.cursors
-- Writes: ops.cursors
-- Returns: nothing
with merged as (
    select min(c.ingest_xid) as ingest_xid
    from ops.cursors as c
    where c.gatherer_id = %(gatherer_id)s and c.epoch = %(epoch)s and c.stream = %(stream)s
    group by split_part(c.shard, '/', 2)
    having count(*) = split_part(c.shard, '/', 2)::bigint
)

insert into ops.cursors as own (gatherer_id, epoch, stream, shard, ingest_xid)
select
    %(gatherer_id)s,
    %(epoch)s,
    %(stream)s,
    %(shard)s,
    coalesce(max(m.ingest_xid), '0') as ingest_xid
from merged as m
on conflict (gatherer_id, epoch, stream, shard) do update
    set ingest_xid = excluded.ingest_xid
    where own.ingest_xid < excluded.ingest_xid;
