-- Derive the minutes of markets to which nothing happened: per stream, market and day (UTC) the expected minutes in
-- each steady state, without looking at those in ops.classified_minutes. It is no function, so that readers of a view
-- that is made of it need no right to the tables.
-- Reads: ops.steady_states, ops.expected, ops.watermarks
create or replace view ops.steady_minutes as
with
expected_time as (
    select
        k.stream,
        k.market_ticker,
        (g.day at time zone 'UTC')::date as day,
        k.state,
        least(k.ended_at, w.moment) as computed_at,
        e.during * ops.ordered_range(
            greatest(k.since, g.day), least(k.ended_at, w.moment, g.day + interval '1 day')
        ) as times
    from ops.watermarks as w
    cross join
        generate_series(
            (select date_trunc('day', min(each.since), 'UTC') from ops.steady_states as each),
            w.moment,
            interval '1 day',
            'UTC'
        ) as g (day)
    inner join ops.steady_states as k
        on k.since < g.day + interval '1 day' and g.day < coalesce(k.ended_at, w.moment) and w.moment > k.since
    inner join ops.classified_streams() as s on k.stream = s.stream
    inner join ops.expected as e on s.channel = e.channel and k.market_ticker = e.market_ticker
    where w.name = 'market_minutes'
),

whole_time as (
    select
        t.*,
        ops.ordered_range(
            date_bin('1 min', lower(t.times), timestamptz 'epoch'),
            date_bin('1 min', upper(t.times) + interval '1 min' - interval '1 us', timestamptz 'epoch')
        ) as minutes
    from expected_time as t
    where not isempty(t.times)
)

select
    m.stream,
    m.market_ticker,
    m.day,
    coalesce(range_agg(m.minutes) filter (where m.state = 'repaired'), '{}') as repaired,
    coalesce(range_agg(m.minutes) filter (where m.state = 'gap'), '{}') as gap,
    coalesce(range_agg(m.minutes) filter (where m.state = 'idle'), '{}') as idle,
    max(m.computed_at) as computed_at
from whole_time as m
group by m.stream, m.market_ticker, m.day;

comment on view ops.steady_minutes is 'The minutes of markets to which nothing happened, by state.';
comment on column ops.steady_minutes.stream is 'The stream.';
comment on column ops.steady_minutes.market_ticker is 'The market.';
comment on column ops.steady_minutes.day is 'The day in UTC of all minutes of the row.';
comment on column ops.steady_minutes.repaired is
'Missed by at least one gatherer, but received from another one or from REST.';
comment on column ops.steady_minutes.gap is 'Received by no gatherer.';
comment on column ops.steady_minutes.idle is 'Covered, and the exchange published no message.';
comment on column ops.steady_minutes.computed_at is 'Until when nothing is known to have happened.';
