-- Record which object is about to replace the one of an hour, so that it is known if the exporter ends before it is
-- finished.
-- Parameters: stream text, hour timestamptz, sha256 bytea
-- Writes: ops.archive_partitions
-- Returns: nothing
update ops.archive_partitions
set written_sha256 = %(sha256)s
where stream = %(stream)s and hour = %(hour)s;
