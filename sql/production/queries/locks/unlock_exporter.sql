-- Let another exporter write the next hour.
-- Returns: true where this connection was the exporter
select pg_advisory_unlock(hashtext('deduplicator'), hashtext('archive'));
