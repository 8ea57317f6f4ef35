-- Gaps in the exchange's numbers, whole finished transactions only; one that is repaired comes again with its end.
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

comment on view sync.gaps_v1 is 'Gaps; read on from ingest_xid.';
