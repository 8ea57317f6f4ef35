-- A trade with each sixteenth change.
-- Needs made_markets and made_changes.
-- Returns: the columns of trades
select
    m.market_ticker, c.changed_at as exchange_ts, md5('t' || c.n)::uuid::varchar as trade_id,
    if(c.is_yes, c.price * 0.01, 1 - c.price * 0.01)::decimal(18, 6) as yes_price,
    if(c.is_yes, 1 - c.price * 0.01, c.price * 0.01)::decimal(18, 6) as no_price, 3::decimal(18, 6) as size,
    if(c.is_yes, 'no', 'yes') as taker_side, false as is_block_trade,
    c.changed_at + to_microseconds(20000) as received_at, 1::smallint as gatherer_id, 6::smallint as time_digits
from made_changes as c
inner join made_markets as m on c.market = m.number
where c.n % 16 = 3
