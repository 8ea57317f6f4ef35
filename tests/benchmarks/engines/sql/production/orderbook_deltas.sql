-- The changes as production holds them.
-- Needs the file of the made-up changes, and the variable clock_begin.
-- Returns: the columns of market_data.hot_orderbook_deltas
select * replace (clock + getvariable('clock_begin') as clock)
from read_parquet('orderbook_deltas.parquet')
