-- Find markets by the beginning of their ticker.
-- Parameters: prefix text; rows_max integer
-- Reads: market_data.markets
-- Returns: ticker, title, status
select
    m.ticker,
    coalesce(m.title, '') as title,
    coalesce(m.status, '') as status
from market_data.markets as m
where m.ticker >= %(prefix)s::text and m.ticker < %(prefix)s::text || chr(1114111)
order by m.ticker
limit %(rows_max)s::integer;
