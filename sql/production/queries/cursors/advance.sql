-- Move a cursor past what this transaction merged, and count the rows.
-- Parameters: gatherer_id smallint, epoch uuid, stream text, shard text, watermark xid8,
-- polled_rows bigint, new_rows bigint, rejected_rows bigint
-- Writes: ops.cursors
-- Returns: nothing
update ops.cursors
set
    ingest_xid = %(watermark)s::xid8,
    rows_polled = rows_polled + %(polled_rows)s,
    rows_new = rows_new + %(new_rows)s,
    rows_duplicate = rows_duplicate + %(polled_rows)s - %(new_rows)s - %(rejected_rows)s,
    rows_rejected = rows_rejected + %(rejected_rows)s,
    updated_at = statement_timestamp()
where gatherer_id = %(gatherer_id)s and epoch = %(epoch)s and stream = %(stream)s and shard = %(shard)s;
