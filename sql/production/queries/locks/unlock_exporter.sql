-- Let another exporter write the next hour.
-- Returns: true if this connection was the exporter
select pg_advisory_unlock(hashtext('deduplicator'), hashtext('archive'));
