-- Read the market summaries that a gatherer receives in one transaction, on two connections.
-- Parameters: gatherer; first and last, the numbers between which they lie
copy (
    select
        t.exchange_ts + interval '1 us' * (15000 + mod(abs(hashint8(t.n * 31 + %(gatherer)s + c.number)), 40000))
            as received_at,
        t.exchange_ts as sent_at, t.exchange_ts, c.number::bigint as connection_id, 1 as sid, t.n as frame_number,
        m.ticker as market_ticker, m.market_id, t.last_price, t.yes_bid, t.yes_ask, t.yes_bid_size, t.yes_ask_size,
        t.last_trade_size, t.volume, t.open_interest, (t.volume / 2)::bigint as dollar_volume,
        (t.open_interest / 2)::bigint as dollar_open_interest, 3::smallint as time_digits
    from made_tickers as t
    inner join made_markets as m on t.k = m.k
    cross join generate_series(9, 10) as c (number)
    where t.n > %(first)s and t.n <= %(last)s
    order by t.n, c.number
) to stdout (format "binary")
