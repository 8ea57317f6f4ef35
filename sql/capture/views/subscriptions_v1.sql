-- When which market was covered, whole finished transactions only; a stretch that ends comes again with its end.
-- Reads: capture.subscriptions
create or replace view sync.subscriptions_v1 as
select
    ingest_xid,
    connection_id,
    sid,
    channel,
    market_ticker,
    began_at,
    ended_at,
    end_reason
from capture.subscriptions
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.subscriptions_v1 is 'Coverage; read on from ingest_xid.';
