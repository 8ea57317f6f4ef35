-- Read what a gatherer covers from the beginning: each book on one connection, the other channels on two.
-- Parameters: gatherer, unused; began; first and last, the numbers between which the books lie
copy (
    select
        (1 + mod(m.k, 8))::bigint as connection_id, 1 as sid, 'orderbook_delta' as channel, m.ticker as market_ticker,
        %(began)s::timestamptz as began_at
    from made_markets as m
    where m.k > %(first)s and m.k <= %(last)s
    union all
    select c.number::bigint as connection_id, h.sid, h.channel, '' as market_ticker, %(began)s::timestamptz as began_at
    from generate_series(9, 10) as c (number)
    cross join (values (1, 'ticker'), (2, 'trade'), (3, 'market_lifecycle_v2')) as h (sid, channel)
    where %(first)s = 0
) to stdout (format "binary")
