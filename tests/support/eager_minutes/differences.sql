-- List the days of markets whose minutes have another state in one classification than in the other. Minutes of
-- intervals that have not settled yet are left out.
-- Returns: stream, market_ticker, day, and per classification the runs of each state
with
waiting as (
    select d.stream, d.market_ticker, ops.whole_minutes(range_agg(d.during)) as minutes
    from ops.market_minutes_due as d
    group by d.stream, d.market_ticker
),

eager_day as (
    select
        m.stream, m.market_ticker, m.day,
        array[m.proven, m.proven_by_line, m.proven_by_check, m.covered, m.repaired, m.gap, m.idle] as states
    from eager.market_minutes as m
),

steady_day as (
    select
        m.stream, m.market_ticker, m.day,
        array[m.proven, m.proven_by_line, m.proven_by_check, m.covered, m.repaired, m.gap, m.idle] as states
    from ops.market_minutes as m
)

select
    k.stream,
    k.market_ticker,
    k.day,
    e.states as eager,
    s.states as steady
from (
    select d.stream, d.market_ticker, d.day from eager_day as d
    union
    select d.stream, d.market_ticker, d.day from steady_day as d
) as k
left join eager_day as e on k.stream = e.stream and k.market_ticker = e.market_ticker and k.day = e.day
left join steady_day as s on k.stream = s.stream and k.market_ticker = s.market_ticker and k.day = s.day
left join waiting on k.stream = waiting.stream and k.market_ticker = waiting.market_ticker
cross join generate_series(1, 7) as n (place)
where
    coalesce(e.states[n.place], '{}') - coalesce(waiting.minutes, '{}')
    <> coalesce(s.states[n.place], '{}') - coalesce(waiting.minutes, '{}')
order by k.stream, k.market_ticker, k.day;
