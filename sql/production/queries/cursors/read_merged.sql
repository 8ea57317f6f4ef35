-- Tell what gatherers may let go of: up to where every shard has merged a stream.
-- Parameters: stream text, shards integer
-- Reads: ops.cursors
-- Returns: gatherer_id, epoch and the position as text, where every shard has one
select
    gatherer_id,
    epoch,
    min(ingest_xid)::text as ingest_xid
from ops.cursors
where stream = %(stream)s and shard like '%%/' || %(shards)s
group by gatherer_id, epoch
having count(*) = %(shards)s;
