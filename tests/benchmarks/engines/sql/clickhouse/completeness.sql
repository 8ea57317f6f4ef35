-- The minutes of order books in each state, by market.
-- Parameters: day; first_hour and last_hour, as the folders of the files have them
-- Reads: coverage
-- Returns: market_ticker, state, minutes
select market_ticker, state, sum(dateDiff('minute', from_at, to_at)) as minutes
from coverage
where stream = 'orderbook_deltas' and date = %(day)s and hour between %(first_hour)s and %(last_hour)s
group by market_ticker, state
