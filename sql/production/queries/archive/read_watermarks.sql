-- Read how far each gatherer's stream is merged.
-- Parameters: stream text
-- Reads: ops.cursors
-- Returns: gatherer_id, epoch, shard, the last merged transaction, all but the first as text
select
    gatherer_id,
    epoch::text as epoch,
    shard,
    ingest_xid::text as ingest_xid
from ops.cursors
where stream = %(stream)s
order by gatherer_id, epoch, shard;
