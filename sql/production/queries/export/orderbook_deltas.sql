-- Read order-book changes for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: market_data.orderbook_deltas
-- Returns: columns in the order of the archive's schema
select
    t.market_ticker,
    t.exchange_ts,
    t.clock,
    t.side,
    t.price::text as price,
    t.size_delta::text as size_delta,
    t.occurrence,
    t.received_at,
    t.gatherer_id,
    t.time_digits
from market_data.orderbook_deltas as t
where t.exchange_ts >= %(begin_at)s::timestamptz and t.exchange_ts < %(end_at)s::timestamptz;
