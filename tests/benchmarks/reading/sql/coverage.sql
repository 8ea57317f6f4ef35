-- Runs of minutes: each book is proven until its last snapshot, and covered from then on.
-- Needs made_markets and the variable begin_at.
-- Returns: the columns of coverage
select
    m.market_ticker, 'orderbook_deltas' as stream, getvariable('begin_at') + to_minutes(r.first) as from_at,
    getvariable('begin_at') + to_minutes(r.last) as to_at, r.state
from made_markets as m
cross join (values (0, 45, 'proven'), (45, 60, 'covered')) as r (first, last, state)
