-- Sum up a time's minutes by state, in cells of equal length.
-- Parameters: market text, null for all markets; from_at, until_at timestamptz; cells integer, how many cells
-- Reads: what ops.minutes_during reads
-- Returns: stream, state, cell (counted from 0) and the minutes of this state in it, of all markets together
with
asked as (
    select
        %(market)s::text as market_ticker,
        tstzmultirange(tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz)) as during,
        %(from_at)s::timestamptz as from_at,
        %(until_at)s::timestamptz as until_at,
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
    from asked as a
    cross join lateral ops.minutes_during(a.from_at, a.until_at, a.market_ticker) as l
    cross join
        lateral (
            values
            ('proven', l.proven), ('covered', l.covered), ('repaired', l.repaired), ('gap', l.gap), ('idle', l.idle),
            ('halted', l.halted)
        ) as s (state, runs)
    cross join unnest(s.runs * a.during) as r (during)
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
