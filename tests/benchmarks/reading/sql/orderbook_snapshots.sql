-- Snapshots a second before each quarter of the hour ends, of the books that changed since the last one.
-- Needs made_markets, made_books and the variable begin_at.
-- Returns: the columns of orderbook_snapshots
select
    m.market_ticker,
    getvariable('begin_at') + to_seconds(900 * b.quarter - 1) + to_microseconds(20000 + m.number) as received_at,
    left(md5(m.market_ticker), 8) || '-0000-4000-8000-000000000000' as market_id, b.clock,
    unhex(sha256(m.market_ticker || b.clock)) as levels_sha256, 0::integer as occurrence,
    coalesce(b.yes_levels, []) as yes_levels, coalesce(b.no_levels, []) as no_levels, 1::smallint as gatherer_id,
    date_trunc('milliseconds', b.last_change_at) as last_change_at
from made_books as b
inner join made_markets as m on b.market = m.number
where b.quarter > 0 and b.changed_in = b.quarter
