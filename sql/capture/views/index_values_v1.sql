-- Values of indices, whole finished transactions only: a row still being written, or written before one that is,
-- does not show yet, so nothing can appear behind a reader's position.
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

comment on view sync.index_values_v1 is 'Values of indices; read on from ingest_xid.';
