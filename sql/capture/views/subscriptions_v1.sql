-- Coverage of markets for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- It appears again, under a new ingest_xid, when it ends.
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

comment on view sync.subscriptions_v1 is 'Coverage; continue after the last ingest_xid.';
