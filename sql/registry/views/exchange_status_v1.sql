-- What the exchange says of itself for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- It appears again, under a new ingest_xid, when it is confirmed.
-- Reads: registry.exchange_status
create or replace view sync.exchange_status_v1 as
select
    ingest_xid,
    kind,
    body_sha256,
    first_seen_at,
    confirmed_at,
    exchange_index,
    exchange_active,
    trading_active,
    resumes_at,
    begins_at,
    ends_at,
    body
from registry.exchange_status
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.exchange_status_v1 is
'What the exchange says of itself; continue after the last ingest_xid.';
