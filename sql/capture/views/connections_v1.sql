-- Connections to the exchange, whole finished transactions only; one that closes comes again with its end.
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

comment on view sync.connections_v1 is 'Connections; read on from ingest_xid.';
