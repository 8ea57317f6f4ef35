-- Read the trades that a gatherer receives in one transaction, on two connections.
-- Parameters: gatherer; first and last, the numbers between which they lie
copy (
    select
        t.exchange_ts + interval '1 us' * (15000 + mod(abs(hashint8(t.n * 31 + %(gatherer)s + c.number)), 40000))
            as received_at,
        t.exchange_ts as sent_at, t.exchange_ts, c.number::bigint as connection_id, 2 as sid, t.n as seq,
        t.n as frame_number, t.trade_id, m.ticker as market_ticker, t.yes_price, 1 - t.yes_price as no_price, t.size,
        t.taker_side, false as is_block_trade, 3::smallint as time_digits
    from made_trades as t
    inner join made_markets as m on t.k = m.k
    cross join generate_series(9, 10) as c (number)
    where t.n > %(first)s and t.n <= %(last)s
    order by t.n, c.number
) to stdout (format "binary")
