-- Draw the states of a day's minutes as strips of equal cells, one for each series or for each market. Those with the
-- most minutes in gaps come first, then those with the most minutes that are not proven.
-- Parameters: stream text; day date; by_series boolean; series text, null for all; search text, a part of the market's
-- ticker in upper or lower case; cells integer, how many cells a day has; rows_max and rows_skipped integer
-- Reads: ops.market_minutes
-- Returns: the name of the series or market, how many markets it has, their minutes by state, the worst state in each
-- cell (null for none), and how many series or markets there are
with
asked as (
    select
        (%(day)s::date)::timestamp at time zone 'UTC' as from_at,
        %(cells)s::integer as cells,
        make_interval(secs => 86400.0 / %(cells)s::integer) as length
),

named as (
    select
        case when %(by_series)s::boolean then split_part(m.market_ticker, '-', 1) else m.market_ticker end as name,
        count(*) as markets,
        sum(ops.minute_count(m.proven))::bigint as minutes_proven,
        sum(ops.minute_count(m.covered))::bigint as minutes_covered,
        sum(ops.minute_count(m.repaired))::bigint as minutes_repaired,
        sum(ops.minute_count(m.gap))::bigint as minutes_gap,
        sum(ops.minute_count(m.idle))::bigint as minutes_idle,
        range_agg(m.proven) as proven,
        range_agg(m.covered) as covered,
        range_agg(m.repaired) as repaired,
        range_agg(m.gap) as gap,
        range_agg(m.idle) as idle,
        count(*) over () as names
    from ops.market_minutes as m
    where
        m.stream = %(stream)s::text
        and m.day = %(day)s::date
        and (%(series)s::text is null or split_part(m.market_ticker, '-', 1) = %(series)s::text)
        and position(lower(%(search)s::text) in lower(m.market_ticker)) > 0
    group by name
    order by minutes_gap desc, minutes_repaired desc, minutes_covered desc, name asc
    limit %(rows_max)s::integer offset %(rows_skipped)s::integer
)

select
    n.name, n.markets, n.minutes_proven, n.minutes_covered, n.minutes_repaired, n.minutes_gap, n.minutes_idle,
    array(
        select
            case
                when n.gap && c.during then 'gap'
                when n.repaired && c.during then 'repaired'
                when n.covered && c.during then 'covered'
                when n.proven && c.during then 'proven'
                when n.idle && c.during then 'idle'
            end
        from asked as a
        cross join lateral generate_series(0, a.cells - 1) as g (cell)
        cross join
            lateral (select tstzrange(a.from_at + g.cell * a.length, a.from_at + (g.cell + 1) * a.length)) as c (during)
        order by g.cell
    ) as states,
    n.names
from named as n;
