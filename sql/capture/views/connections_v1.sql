-- Connections to the exchange for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- It appears again, under a new ingest_xid, when it closes.
-- Reads: capture.connections
create or replace view sync.connections_v1 as
select
    ingest_xid,
    connection_id,
    name,
    url,
    use_yes_price,
    opened_at,
    closed_at,
    close_reason,
    frames_received
from capture.connections
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.connections_v1 is 'Connections; continue after the last ingest_xid.';
