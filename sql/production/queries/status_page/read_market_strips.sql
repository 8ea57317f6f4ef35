-- Draw a day's minutes of markets as strips of equal cells. Of the first markets by ticker that match, those with the
-- most minutes in gaps come first, then those with the most minutes that are repaired, and not proven.
-- Parameters: day date; series text, null for all; search text, a part of the market's ticker in upper or lower case;
-- cells integer, how many cells a day has; markets_max integer, how many markets are looked at; rows_max and
-- rows_skipped integer
-- Reads: ops.expected, and what ops.market_day reads
-- Returns: the market's ticker, its minutes by state, the worst state in each cell that has one, how many of the
-- markets that are looked at have minutes, and how many match
with
chosen as materialized (
    select
        e.market_ticker,
        %(day)s::date as wanted_day,
        count(*) over () as matches
    from ops.expected as e
    where
        e.channel = 'orderbook_delta'
        and (%(series)s::text is null or split_part(e.market_ticker, '-', 1) = %(series)s::text)
        and position(lower(%(search)s::text) in lower(e.market_ticker)) > 0
    order by e.market_ticker
    limit %(markets_max)s::integer
),

named as (
    select
        c.matches,
        m.*,
        count(*) over () as names
    from chosen as c
    cross join
        lateral (
            select
                each.*,
                ops.minute_count(each.gap) as minutes_gap,
                ops.minute_count(each.repaired) as minutes_repaired,
                ops.minute_count(each.covered) as minutes_covered
            from ops.market_day('orderbook_deltas', c.market_ticker, c.wanted_day) as each
        ) as m
    order by m.minutes_gap desc, m.minutes_repaired desc, m.minutes_covered desc, m.market_ticker asc
    limit %(rows_max)s::integer offset %(rows_skipped)s::integer
)

select
    n.market_ticker as name,
    jsonb_build_object(
        'gap', n.minutes_gap, 'repaired', n.minutes_repaired, 'covered', n.minutes_covered,
        'proven', ops.minute_count(n.proven), 'idle', ops.minute_count(n.idle),
        'halted', ops.minute_count(n.halted)
    ) as minutes,
    ops.worst_states(
        n.gap, n.repaired, n.covered, n.proven, n.halted, n.idle, %(day)s::date, %(cells)s::integer
    ) as states,
    n.names,
    n.matches
from named as n;
