-- Read the comparisons of order books that a gatherer makes in one transaction: of a snapshot with the one before it.
-- Parameters: gatherer; first and last, the numbers between which they lie
copy (
    select
        a.n as frame_number, (1 + mod(a.k, 8))::bigint as connection_id, 1 as sid, m.ticker as market_ticker,
        a.before_at as from_at, a.received_at as until_at, a.before_n as from_seq, a.n as until_seq,
        a.before_clock as from_clock, a.clock as until_clock, a.before_changed_at as from_change_at,
        a.changed_at + interval '1 ms' * (a.changes > a.before_changes)::integer as until_change_at,
        a.changes - a.before_changes as change_count, a.changes - a.before_changes as inner_count,
        cardinality(s.yes_prices) + cardinality(s.no_prices) as level_count, true as is_equal, 0 as wrong_level_count
    from made_snapshots as s
    inner join made_audits as a on s.n = a.n and s.k = a.k and a.gatherer = %(gatherer)s
    inner join made_markets as m on s.k = m.k
    where s.n > %(first)s and s.n <= %(last)s and a.before_at < a.received_at
    order by s.n
) to stdout (format "binary")
