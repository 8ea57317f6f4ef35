-- Gaps in the exchange's sequence numbers for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- It appears again, under a new ingest_xid, when it is repaired.
-- Reads: capture.gaps
create or replace view sync.gaps_v1 as
select
    ingest_xid,
    frame_number,
    connection_id,
    sid,
    channel,
    seq_expected,
    seq_received,
    began_at,
    detected_at,
    ended_at,
    repair
from capture.gaps
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.gaps_v1 is 'Gaps; continue after the last ingest_xid.';
