-- Read trades for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what market_data.trades_during reads
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
from market_data.trades_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
