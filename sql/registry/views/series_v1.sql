-- The exchange's series for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: registry.series
create or replace view sync.series_v1 as
select
    ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
from registry.series
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.series_v1 is
'The newest known body of each of the exchange''s series; continue after the last ingest_xid.';
