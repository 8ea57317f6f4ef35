-- Order-book deltas, whole finished transactions only: a row still being written, or written before one that is,
-- does not show yet, so nothing can appear behind a reader's position.
-- Reads: capture.orderbook_deltas
create or replace view sync.orderbook_deltas_v1 as
select
    ingest_xid,
    received_at,
    exchange_ts,
    market_ticker,
    clock,
    side,
    price,
    size_delta,
    occurrence
from capture.orderbook_deltas
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.orderbook_deltas_v1 is 'Order-book deltas; read on from ingest_xid.';
