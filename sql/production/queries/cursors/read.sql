-- Read how far a gatherer's stream has been merged.
-- Parameters: gatherer_id smallint, epoch uuid, stream text, shard text
-- Reads: ops.cursors
-- Returns: the last merged transaction, as text
select ingest_xid::text
from ops.cursors
where gatherer_id = %(gatherer_id)s and epoch = %(epoch)s and stream = %(stream)s and shard = %(shard)s;
