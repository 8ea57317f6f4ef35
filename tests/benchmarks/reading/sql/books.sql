-- The book of each market at the beginning of the hour.
-- Needs made_markets, made_books and the variable begin_at.
-- Returns: the columns of books
select
    m.market_ticker, getvariable('begin_at') as at, b.clock,
    coalesce(b.yes_levels, []) as yes_levels, coalesce(b.no_levels, []) as no_levels,
    getvariable('begin_at') - to_seconds(600) as snapshot_at,
    getvariable('begin_at') - to_seconds(700) as last_change_at
from made_books as b
inner join made_markets as m on b.market = m.number
where b.quarter = 0
