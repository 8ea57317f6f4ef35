-- Record why an hour could not be written or read back, and when to try again.
-- Parameters: stream text, hour timestamptz, error text, retry_seconds double precision
-- Writes: ops.archive_partitions
-- Returns: nothing
update ops.archive_partitions
set
    state = 'pending',
    failures = failures + 1,
    error = %(error)s,
    retry_at = now() + make_interval(secs => %(retry_seconds)s::double precision)
where stream = %(stream)s and hour = %(hour)s and state in ('pending', 'exporting', 'exported');
