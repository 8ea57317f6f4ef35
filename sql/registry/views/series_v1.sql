-- The exchange's series, whole finished transactions only, so nothing can appear behind a reader's position.
-- Reads: registry.series
create or replace view sync.series_v1 as
select
    ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
from registry.series
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.series_v1 is 'The newest known body of each of the exchange''s series; read on from ingest_xid.';
