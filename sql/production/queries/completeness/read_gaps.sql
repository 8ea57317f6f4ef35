-- List the runs of minutes that are known to be lost, newest first.
-- Parameters: market text, null for all markets; from_at, until_at timestamptz; gaps_max integer, how many are listed
-- Reads: ops.market_minutes
-- Returns: stream, market_ticker (empty for all markets), from and until when
select
    m.stream,
    m.market_ticker,
    lower(r.during) as began_at,
    upper(r.during) as ended_at
from (
    -- Each day has a row of its own, and a run of minutes may cross midnight.
    select
        l.stream,
        l.market_ticker,
        range_agg(l.gap) as gap
    from ops.market_minutes as l
    where
        l.day between (%(from_at)s::timestamptz at time zone 'UTC')::date
        and (%(until_at)s::timestamptz at time zone 'UTC')::date
        and (%(market)s::text is null or l.market_ticker in ('', %(market)s::text))
        and not isempty(l.gap)
    group by l.stream, l.market_ticker
) as m
cross join
    unnest(m.gap * tstzmultirange(tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz))) as r (during)
order by began_at desc, m.stream asc, m.market_ticker asc
limit %(gaps_max)s;
