-- Lifecycle events for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.lifecycle_events
create or replace view sync.lifecycle_events_v1 as
select
    ingest_xid,
    received_at,
    coalesce(sent_at, received_at) as seen_at,
    subject_ticker,
    kind,
    payload,
    sha256(convert_to(payload::text, 'UTF8')) as payload_sha256,
    occurrence,
    earlier_at
from capture.lifecycle_events
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.lifecycle_events_v1 is 'Lifecycle events; continue after the last ingest_xid.';
