-- Try to become the one exporter that writes an hour, until unlock_exporter or the end of this connection.
-- Returns: true, or false if another connection is the exporter
select pg_try_advisory_lock(hashtext('deduplicator'), hashtext('archive'));
