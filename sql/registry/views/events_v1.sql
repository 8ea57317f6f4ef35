-- The exchange's events for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: registry.events
create or replace view sync.events_v1 as
select
    ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
from registry.events
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.events_v1 is
'The newest known body of each of the exchange''s events; continue after the last ingest_xid.';
