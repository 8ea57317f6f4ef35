-- Lifecycle events for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.lifecycle_events, capture.connections
create or replace view sync.lifecycle_events_v1 as
select
    l.ingest_xid,
    l.received_at,
    coalesce(l.sent_at, l.received_at) as seen_at,
    l.subject_ticker,
    l.kind,
    l.payload,
    sha256(convert_to(l.payload::text, 'UTF8')) as payload_sha256,
    l.occurrence,
    l.earlier_at,
    c.opened_at as connected_at
from capture.lifecycle_events as l
left join capture.connections as c on l.connection_id = c.connection_id
where l.ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.lifecycle_events_v1 is 'Lifecycle events; continue after the last ingest_xid.';
