-- Trades, whole finished transactions only: a row still being written, or written before one that is,
-- does not show yet, so nothing can appear behind a reader's position.
-- Reads: capture.trades
create or replace view sync.trades_v1 as
select
    ingest_xid,
    received_at,
    exchange_ts,
    trade_id,
    market_ticker,
    yes_price,
    no_price,
    size,
    taker_side,
    is_block_trade
from capture.trades
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.trades_v1 is 'Trades; read on from ingest_xid.';
