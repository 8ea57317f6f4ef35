-- Read up to where every shard has merged a stream. Gatherers may drop the rows up to there.
-- Parameters: stream text, shards integer
-- Reads: ops.cursors
-- Returns: gatherer_id, epoch and the position as text, without those that a shard has none of
select
    gatherer_id,
    epoch,
    min(ingest_xid)::text as ingest_xid
from ops.cursors
where stream = %(stream)s and shard like '%%/' || %(shards)s
group by gatherer_id, epoch
having count(*) = %(shards)s;
