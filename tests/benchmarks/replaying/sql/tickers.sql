-- A ticker with each fourth change.
-- Needs made_markets and made_changes.
-- Returns: the columns of tickers
select
    m.market_ticker, date_trunc('milliseconds', c.changed_at) as exchange_ts,
    unhex(sha256('v' || c.n)) as values_sha256,
    left(md5(m.market_ticker), 8) || '-0000-4000-8000-000000000000' as market_id,
    (c.price * 0.01)::decimal(18, 6) as last_price, (c.price * 0.01)::decimal(18, 6) as yes_bid,
    (c.price * 0.01 + 0.01)::decimal(18, 6) as yes_ask, (c.size * 0.01)::decimal(18, 6) as yes_bid_size,
    7::decimal(18, 6) as yes_ask_size, 3::decimal(18, 6) as last_trade_size, c.clock::decimal(18, 6) as volume,
    40::decimal(18, 6) as open_interest, c.clock as dollar_volume, 20::bigint as dollar_open_interest,
    c.changed_at + to_microseconds(20000) as received_at, 1::smallint as gatherer_id, 3::smallint as time_digits
from made_changes as c
inner join made_markets as m on c.market = m.number
where c.n % 4 = 1
