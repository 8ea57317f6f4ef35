-- Try to become the one exporter that writes an hour, until release_exporter or the end of this connection.
-- Returns: true, or false where another connection is
select pg_try_advisory_lock(hashtext('deduplicator'), hashtext('archive'));
