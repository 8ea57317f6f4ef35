-- The exchange's markets for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: registry.markets
create or replace view sync.markets_v1 as
select
    ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
from registry.markets
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.markets_v1 is
'The newest known body of each of the exchange''s markets; continue after the last ingest_xid.';
