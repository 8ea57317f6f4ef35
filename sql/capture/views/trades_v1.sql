-- Trades for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.trades
create or replace view sync.trades_v1 as
select
    ingest_xid,
    received_at,
    case when time_digits > 3 then date_trunc('milliseconds', exchange_ts) else exchange_ts end as exchange_ts,
    trade_id,
    market_ticker,
    yes_price,
    no_price,
    size,
    taker_side,
    is_block_trade,
    (case when time_digits > 3 then 3 else time_digits end)::smallint as time_digits
from capture.trades
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.trades_v1 is 'Trades; continue after the last ingest_xid.';
