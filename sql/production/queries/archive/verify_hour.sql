-- Record that an object was read back and equals what was written, unless rows were merged into its hour meanwhile.
-- Parameters: stream text, hour timestamptz, sha256 bytea of what was read
-- Writes: ops.archive_partitions
-- Returns: the state; no row if the hour changed meanwhile
update ops.archive_partitions
set
    state = 'verified',
    verified_at = now(),
    failures = 0,
    error = null
where stream = %(stream)s and hour = %(hour)s and state = 'exported' and sha256 = %(sha256)s
returning state;
