-- Read the last position up to which every transaction has ended, so that a sync view shows all of its rows from then
-- on.
-- Returns: the position, as text
select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text as ingest_xid;
