-- Record that the bucket holds an hour as production had it, unless rows were merged into it since it was claimed.
-- Parameters: stream text, hour timestamptz, and what ops.archive_partitions keeps of the object
-- Writes: ops.archive_partitions
-- Returns: the state; no row if it is pending again
update ops.archive_partitions
set
    state = 'exported',
    object_key = %(object_key)s,
    schema_version = %(schema_version)s,
    row_count = %(row_count)s,
    byte_count = %(byte_count)s,
    sha256 = %(sha256)s,
    etag = %(etag)s,
    watermarks = %(watermarks)s,
    gatherer_rows = %(gatherer_rows)s,
    sums = %(sums)s,
    first_at = %(first_at)s,
    last_at = %(last_at)s,
    exported_at = now(),
    verified_at = null,
    error = null,
    retry_at = null
where stream = %(stream)s and hour = %(hour)s and state = 'exporting'
returning state;
