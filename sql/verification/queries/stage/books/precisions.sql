-- Find by which labels production's changes of each market can be put in order: all have a clock, or none has a time.
-- Reads: market_data.orderbook_deltas
-- Writes: pg_temp.book_precision
-- Returns: nothing
create temporary table book_precision as
select
    market_ticker,
    bool_and(clock > 0) as has_clocks,
    bool_and(time_digits is null) as is_undated
from market_data.orderbook_deltas
group by market_ticker;
