-- Order-book deltas for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
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
    occurrence,
    time_digits,
    ordinal,
    ordinal_of_clock,
    ordinal_digits,
    burst_began_at
from capture.orderbook_deltas
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.orderbook_deltas_v1 is 'Order-book deltas; continue after the last ingest_xid.';
