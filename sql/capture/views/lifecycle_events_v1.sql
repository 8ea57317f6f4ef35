-- Lifecycle events, whole finished transactions only: a row still being written, or written before one that is,
-- does not show yet, so nothing can appear behind a reader's position.
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
    occurrence
from capture.lifecycle_events
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.lifecycle_events_v1 is 'Lifecycle events; read on from ingest_xid.';
