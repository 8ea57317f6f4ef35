-- Runs of minutes: a book is proven until its last snapshot, but for a gap of one in fifty, and covered from then on.
-- Needs made_markets and the variable begin_at.
-- Returns: the columns of coverage
select
    m.market_ticker, 'orderbook_deltas' as stream, getvariable('begin_at') + to_minutes(r.first) as from_at,
    getvariable('begin_at') + to_minutes(r.last) as to_at,
    if(r.first = 20 and m.number % 50 = 7, 'gap', r.state) as state
from made_markets as m
cross join (
    values (0, 20, 'proven'), (20, 25, 'proven'), (25, 45, 'proven'), (45, 60, 'covered')
) as r (first, last, state)
