-- Read the snapshots that a gatherer stores in one transaction: the first of the hour, and those of books that changed.
-- Parameters: gatherer; first and last, the numbers between which they lie
copy (
    select
        a.received_at, a.received_at as sent_at, (1 + mod(a.k, 8))::bigint as connection_id, 1 as sid, a.n as seq,
        a.n as frame_number, m.ticker as market_ticker, m.market_id, a.clock, s.yes_prices, s.yes_sizes, s.no_prices,
        s.no_sizes, 0 as occurrence, a.changed_at as last_change_at
    from made_snapshots as s
    inner join made_audits as a on s.n = a.n and s.k = a.k and a.gatherer = %(gatherer)s
    inner join made_markets as m on s.k = m.k
    where
        s.n > %(first)s and s.n <= %(last)s
        and (
            a.before_at is null or a.changes > a.before_changes
            or date_trunc('hour', a.before_at, 'UTC') < date_trunc('hour', a.received_at, 'UTC')
        )
    order by s.n
) to stdout (format "binary")
