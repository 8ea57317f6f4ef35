-- The changes of the hour in the columns of the archive.
-- Needs made_markets, made_changes and the macro chance.
-- Returns: the columns of orderbook_deltas
select
    m.market_ticker, c.changed_at as exchange_ts, c.clock, if(c.is_yes, 'yes', 'no') as side,
    (c.price * 0.01)::decimal(18, 6) as price, (c.change * 0.01)::decimal(18, 6) as size_delta,
    0::integer as occurrence,
    c.changed_at + to_microseconds((15000 + 40000 * chance(c.n, 20) * chance(c.n, 21))::bigint) as received_at,
    (1 + floor(3 * chance(c.n, 22)))::smallint as gatherer_id, 6::smallint as time_digits
from made_changes as c
inner join made_markets as m on c.market = m.number
where c.n >= 0
