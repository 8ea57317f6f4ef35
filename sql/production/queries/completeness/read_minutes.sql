-- Sum up a time's minutes by state, in cells of equal length.
-- Parameters: market text, null for all markets; from_at, until_at timestamptz; cells integer, how many cells
-- Reads: ops.market_minutes
-- Returns: stream, state, cell (counted from 0) and the minutes of this state in it, of all markets together
with
asked as (
    select
        %(market)s::text as market_ticker,
        tstzmultirange(tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz)) as during,
        (%(from_at)s::timestamptz at time zone 'UTC')::date as first_day,
        (%(until_at)s::timestamptz at time zone 'UTC')::date as last_day,
        extract(epoch from %(from_at)s::timestamptz) as began,
        extract(epoch from %(until_at)s::timestamptz - %(from_at)s::timestamptz) / %(cells)s::integer as seconds
),

run as (
    select
        l.stream,
        s.state,
        extract(epoch from lower(r.during)) - a.began as began,
        extract(epoch from upper(r.during)) - a.began as ended,
        a.seconds
    from ops.market_minutes as l
    cross join asked as a
    cross join
        lateral (
            values
            ('proven', l.proven), ('covered', l.covered), ('repaired', l.repaired), ('gap', l.gap), ('idle', l.idle)
        ) as s (state, runs)
    cross join unnest(s.runs * a.during) as r (during)
    where
        l.day between a.first_day and a.last_day
        and (a.market_ticker is null or l.market_ticker in ('', a.market_ticker))
)

select
    r.stream,
    r.state,
    c.cell::integer as cell,
    (sum(least(r.ended, (c.cell + 1) * r.seconds) - greatest(r.began, c.cell * r.seconds)) / 60)::float as minutes
from run as r
cross join
    lateral generate_series(floor(r.began / r.seconds), ceil(r.ended / r.seconds) - 1) as c (cell)
group by r.stream, r.state, c.cell
order by r.stream, c.cell, r.state;
