-- Order books at a moment: their last snapshot by then, and the changes with a higher clock.
-- Parameters: market, empty for all; at_us, the moment in microseconds
-- Reads: snapshots, deltas
-- Returns: market_ticker, side, price, size
with base as (
    select
        market_ticker,
        argMax(tuple(received_at, clock, yes_levels, no_levels), tuple(received_at, clock)) as b
    from snapshots
    where
        (%(market)s = '' or market_ticker = %(market)s)
        and received_at <= fromUnixTimestamp64Micro(%(at_us)s, 'UTC')
    group by market_ticker
)

select market_ticker, side, price, toDecimal64(sum(amount), 6) as size
from (
    select market_ticker, 'yes' as side, l.1 as price, l.2 as amount from base array join tupleElement(b, 3) as l
    union all
    select market_ticker, 'no' as side, l.1 as price, l.2 as amount from base array join tupleElement(b, 4) as l
    union all
    select d.market_ticker, d.side, d.price, d.size_delta as amount
    from deltas as d
    inner join base as s on d.market_ticker = s.market_ticker
    where
        (%(market)s = '' or d.market_ticker = %(market)s)
        and d.exchange_ts <= fromUnixTimestamp64Micro(%(at_us)s, 'UTC')
        and d.exchange_ts > tupleElement(s.b, 1) - interval 5 minute
        and d.clock > tupleElement(s.b, 2)
) as change
group by market_ticker, side, price
having size <> 0;
