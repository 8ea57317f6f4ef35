-- Replaced bodies of the exchange's series, whole finished transactions only, so nothing can appear behind a reader.
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

comment on view sync.series_history_v1 is 'Replaced bodies of the exchange''s series; read on from ingest_xid.';
