-- Find the times near which production has changes of a market without a time: books are not compared then, as such a
-- change has the time of its arrival instead.
-- Reads: market_data.orderbook_deltas
-- Writes: pg_temp.unsure_time
-- Returns: nothing
create temporary table unsure_time as
select
    market_ticker,
    range_agg(
        tstzrange(exchange_ts - interval '10 s', exchange_ts + interval '10 s')
    ) as times
from market_data.orderbook_deltas
where time_digits is null
group by market_ticker;
