-- Replaced bodies of the exchange's markets, whole finished transactions only, so nothing can appear behind a reader.
-- Reads: registry.markets_history
create or replace view sync.markets_history_v1 as
select
    ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at,
    replaced_at
from registry.markets_history
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.markets_history_v1 is 'Replaced bodies of the exchange''s markets; read on from ingest_xid.';
