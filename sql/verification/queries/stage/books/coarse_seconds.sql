-- Find the seconds of which production has changes of a market without a finer time: books are compared at their end.
-- Reads: market_data.orderbook_deltas
-- Writes: pg_temp.coarse_second
-- Returns: nothing
create temporary table coarse_second as
select distinct
    market_ticker,
    exchange_ts as second
from market_data.orderbook_deltas
where time_digits = 0;
