-- Replaced bodies of the exchange's series for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: registry.series_history
create or replace view sync.series_history_v1 as
select
    ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at,
    replaced_at
from registry.series_history
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.series_history_v1 is
'Replaced bodies of the exchange''s series; continue after the last ingest_xid.';
