-- The exchange's markets, whole finished transactions only, so nothing can appear behind a reader's position.
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

comment on view sync.markets_v1 is 'The newest known body of each of the exchange''s markets; read on from ingest_xid.';
