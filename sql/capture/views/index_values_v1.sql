-- Values of indices for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.index_values
create or replace view sync.index_values_v1 as
select
    ingest_xid,
    received_at,
    source_ts,
    index_id,
    published_at,
    value,
    average_60s,
    average_15min,
    payload
from capture.index_values
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.index_values_v1 is 'Values of indices; continue after the last ingest_xid.';
