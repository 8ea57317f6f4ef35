-- Read trades for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: market_data.trades
-- Returns: columns in the order of the archive's schema
select
    t.market_ticker,
    t.exchange_ts,
    t.trade_id,
    t.yes_price::text as yes_price,
    t.no_price::text as no_price,
    t.size::text as size,
    t.taker_side,
    t.is_block_trade,
    t.received_at,
    t.gatherer_id,
    t.time_digits
from market_data.trades as t
where t.exchange_ts >= %(begin_at)s::timestamptz and t.exchange_ts < %(end_at)s::timestamptz;
