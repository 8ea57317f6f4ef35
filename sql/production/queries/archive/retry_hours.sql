-- Let hours that failed be tried at once, since an exporter begins: what was wrong may have been mended.
-- Parameters: streams text[]
-- Writes: ops.archive_partitions
-- Returns: nothing
update ops.archive_partitions
set retry_at = null
where stream = any(%(streams)s::text[]) and retry_at > now();
