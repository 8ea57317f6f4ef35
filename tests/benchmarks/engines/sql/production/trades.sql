-- The trades as production holds them.
-- Needs the file of the made-up trades.
-- Returns: the columns of market_data.hot_trades
select *
from read_parquet('trades.parquet')
