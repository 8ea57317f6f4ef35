-- Read the changes that a gatherer receives in one transaction.
-- Parameters: gatherer; first and last, the numbers between which they lie
copy (
    select
        d.exchange_ts + interval '1 us' * (15000 + mod(abs(hashint8(d.n * 31 + %(gatherer)s)), 40000)) as received_at,
        date_trunc('milliseconds', d.exchange_ts) as sent_at, d.exchange_ts, (1 + mod(d.k, 8))::bigint as connection_id,
        1 as sid, d.n as seq, d.n as frame_number, m.ticker as market_ticker, d.clock, d.side, d.price, d.size_delta,
        d.occurrence, 6::smallint as time_digits
    from made_deltas as d
    inner join made_markets as m on d.k = m.k
    where d.n > %(first)s and d.n <= %(last)s
    order by d.n, d.occurrence
) to stdout (format "binary")
