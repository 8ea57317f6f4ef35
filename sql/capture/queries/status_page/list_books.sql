-- List the order books that are covered now, by the market's ticker.
-- Parameters: prefix text, the beginning of the ticker; rows_max and rows_skipped integer
-- Reads: capture.subscriptions, capture.connections
-- Returns: market_ticker, since when it is covered without a gap, the connection's name, and how many books there are
select
    s.market_ticker,
    s.began_at,
    coalesce((select c.name from capture.connections as c where c.connection_id = s.connection_id), '') as name,
    count(*) over () as books
from capture.subscriptions as s
where
    s.ended_at is null
    and s.market_ticker <> ''
    and s.market_ticker >= %(prefix)s::text
    and s.market_ticker < %(prefix)s::text || chr(1114111)
order by s.market_ticker asc, s.began_at asc
limit %(rows_max)s::integer offset %(rows_skipped)s::integer;
