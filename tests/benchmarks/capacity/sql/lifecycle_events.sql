-- Read the lifecycle messages that a gatherer receives in one transaction, on two connections.
-- Parameters: gatherer; first and last, the numbers between which they lie
copy (
    select
        e.sent_at + interval '1 us' * (15000 + mod(abs(hashint8(e.n * 31 + %(gatherer)s + c.number)), 40000))
            as received_at,
        e.sent_at, c.number::bigint as connection_id, 3 as sid, e.n as seq, e.n as frame_number, e.subject_ticker,
        'close_date_updated' as kind, e.payload, 0 as occurrence
    from made_lifecycle_events as e
    cross join generate_series(9, 10) as c (number)
    where e.n > %(first)s and e.n <= %(last)s
    order by e.n, c.number
) to stdout (format "binary")
