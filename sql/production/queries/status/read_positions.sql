-- Read how far each stream of each gatherer is merged, in all epochs. An answer also shows that production is up.
-- Parameters: shard text
-- Reads: ops.cursors
-- Returns: gatherer_id, epoch, stream, ingest_xid, rows polled, new, duplicate and rejected, when the cursor last moved
select
    gatherer_id,
    epoch,
    stream,
    ingest_xid::text as ingest_xid,
    rows_polled,
    rows_new,
    rows_duplicate,
    rows_rejected,
    updated_at
from ops.cursors
where shard = %(shard)s;
