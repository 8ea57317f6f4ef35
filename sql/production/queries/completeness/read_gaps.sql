-- List the runs of minutes that are known to be lost, newest first.
-- Parameters: market text, null for all markets; from_at, until_at timestamptz; gaps_max integer, how many
-- Reads: ops.market_minutes
-- Returns: stream, market_ticker (empty for all markets), from and until when
select
    l.stream,
    l.market_ticker,
    lower(r.during) as began_at,
    upper(r.during) as ended_at
from ops.market_minutes as l
cross join
    unnest(l.gap * tstzmultirange(tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz))) as r (during)
where
    l.day between (%(from_at)s::timestamptz at time zone 'UTC')::date
    and (%(until_at)s::timestamptz at time zone 'UTC')::date
    and (%(market)s::text is null or l.market_ticker in ('', %(market)s::text))
order by began_at desc, l.stream asc, l.market_ticker asc
limit %(gaps_max)s;
