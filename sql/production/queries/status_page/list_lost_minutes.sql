-- List the runs of a day's minutes that are known to be lost, the newest first. Only markets whose gaps ended last are
-- looked at.
-- Parameters: day date; market text, null for all markets; markets_max, gaps_max integer
-- Reads: ops.markets_with_gaps, ops.market_minutes
-- Returns: stream, market_ticker (empty for all markets), from and until when
select
    m.stream,
    m.market_ticker,
    lower(r.during) as began_at,
    upper(r.during) as ended_at
from (
    select k.stream, k.market_ticker
    from ops.markets_with_gaps as k
    where k.day = %(day)s::date and (%(market)s::text is null or k.market_ticker in ('', %(market)s::text))
    group by k.stream, k.market_ticker
    order by max(k.ended_at) desc, k.stream asc, k.market_ticker asc
    limit %(markets_max)s::integer
) as m
cross join
    lateral (
        select each.gap
        from ops.market_minutes as each
        where
            each.stream = m.stream and each.market_ticker = m.market_ticker and each.day = %(day)s::date
    ) as l
cross join unnest(l.gap) as r (during)
order by began_at desc, m.stream asc, m.market_ticker asc
limit %(gaps_max)s::integer;
