-- Let other connections read the same state as this transaction while it is open.
-- Returns: the snapshot's name
select pg_export_snapshot() as snapshot;
