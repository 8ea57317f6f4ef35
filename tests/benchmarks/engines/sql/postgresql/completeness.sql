-- The minutes of order books in each state, by market.
-- Parameters: from_at, until_at
-- Reads: what ops.coverage_during reads
-- Returns: market_ticker, state, minutes
select c.market_ticker, c.state, sum(extract(epoch from c.to_at - c.from_at) / 60)::bigint as minutes
from ops.coverage_during(%(from_at)s::timestamptz, %(until_at)s::timestamptz) as c
where c.stream = 'orderbook_deltas'
group by c.market_ticker, c.state
