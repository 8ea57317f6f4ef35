-- Which markets have, or may have, minutes in gaps: a superset that is cheap to find, of which ops.market_minutes has
-- the minutes.
-- Reads: ops.classified_minutes, ops.steady_states
create or replace view ops.markets_with_gaps as
select
    c.day,
    c.stream,
    c.market_ticker,
    upper(c.gap) as ended_at
from ops.classified_minutes as c
where c.gap <> '{}'
union all
select
    (g.day at time zone 'UTC')::date as day,
    s.stream,
    s.market_ticker,
    coalesce(s.ended_at, now()) as ended_at
from ops.steady_states as s
cross join
    generate_series(
        date_trunc('day', s.since, 'UTC'), coalesce(s.ended_at, now()), interval '1 day', 'UTC'
    ) as g (day)
where s.state = 'gap';

comment on view ops.markets_with_gaps is
'Which markets may have minutes in gaps on a day: a superset of those with gaps in ops.market_minutes.';
comment on column ops.markets_with_gaps.day is 'The day in UTC.';
comment on column ops.markets_with_gaps.stream is 'The stream.';
comment on column ops.markets_with_gaps.market_ticker is 'Empty for a stream that is received for all markets at once.';
comment on column ops.markets_with_gaps.ended_at is 'Until when the last of these minutes is lost.';
