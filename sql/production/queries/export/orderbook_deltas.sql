-- Read order-book changes for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what market_data.deltas_during reads
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
from market_data.deltas_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
