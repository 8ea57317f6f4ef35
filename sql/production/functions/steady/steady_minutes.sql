-- Derive the minutes of markets to which nothing happened.
-- Reads: ops.steady_states, ops.expected, ops.watermarks
-- Returns: per stream, market and day (UTC) the expected minutes in each steady state, without looking at those in
-- ops.classified_minutes
create or replace function ops.steady_minutes() returns table (
    stream text,
    market_ticker text,
    day date,
    repaired tstzmultirange,
    gap tstzmultirange,
    idle tstzmultirange,
    computed_at timestamptz
)
language sql
stable
as $$
    select
        k.stream, k.market_ticker, (g.day at time zone 'UTC')::date as day,
        coalesce(range_agg(r.minutes) filter (where k.state = 'repaired'), '{}') as repaired,
        coalesce(range_agg(r.minutes) filter (where k.state = 'gap'), '{}') as gap,
        coalesce(range_agg(r.minutes) filter (where k.state = 'idle'), '{}') as idle,
        max(least(k.ended_at, w.moment)) as computed_at
    from ops.watermarks as w
    cross join generate_series(
        (select date_trunc('day', min(each.since), 'UTC') from ops.steady_states as each), w.moment, interval '1 day', 'UTC'
    ) as g (day)
    inner join ops.steady_states as k
        on k.since < g.day + interval '1 day' and coalesce(k.ended_at, w.moment) > g.day and k.since < w.moment
    inner join ops.classified_streams() as s on k.stream = s.stream
    inner join ops.expected as e on s.channel = e.channel and k.market_ticker = e.market_ticker
    cross join lateral (
        select
            e.during * ops.ordered_range(
                greatest(k.since, g.day), least(k.ended_at, w.moment, g.day + interval '1 day')
            ) as times
    ) as t
    cross join lateral (
        select
            ops.ordered_range(
                date_bin('1 min', lower(t.times), timestamptz 'epoch'),
                date_bin('1 min', upper(t.times) + interval '1 min' - interval '1 us', timestamptz 'epoch')
            ) as minutes
    ) as r
    where w.name = 'market_minutes' and not isempty(t.times)
    group by k.stream, k.market_ticker, g.day;
$$;

comment on function ops.steady_minutes is 'The minutes of markets to which nothing happened, by state.';
