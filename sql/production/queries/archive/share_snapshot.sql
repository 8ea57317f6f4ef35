-- Let other connections see what this transaction sees, for as long as it is open.
-- Returns: the snapshot's name
select pg_export_snapshot() as snapshot;
