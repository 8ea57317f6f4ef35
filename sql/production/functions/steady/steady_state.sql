-- Compute the state that all minutes of a market have from some time on, as long as nothing happens to it.
-- Parameters: wanted_channel; wanted_ticker, the market; moment, the time, a whole minute
-- Reads: ops.expected, and what ops.coverage_spans reads
-- Returns: the state, and when time alone may change it; no row while a change of its coverage after `moment` is known,
-- or if the market is not expected then
create or replace function ops.steady_state(wanted_channel text, wanted_ticker text, moment timestamptz)
returns table (state text, check_at timestamptz)
language sql
stable
as $$
    select
        case
            when not coalesce(bool_or(g.is_covering), false) then 'gap'
            when bool_or(g.is_missing) then 'repaired'
            else 'idle'
        end as state,
        least(upper(e.during), min(g.ended_at + interval '1 day') filter (where g.is_missing and isfinite(g.ended_at)))
        as check_at
    from ops.expected as e
    left join lateral (
        select
            c.is_covering, c.is_changing, c.ended_at,
            -- A gatherer that dropped the market because it is over misses nothing.
            not c.is_covering and c.last_reason is distinct from 'dropped' as is_missing
        from (
            select
                -- A range without any time has no end.
                coalesce(bool_or(s.ended_at is null and upper(s.during) >= moment), false) as is_covering,
                bool_or(s.began_at >= moment or s.ended_at > moment) as is_changing,
                (array_agg(
                    s.end_reason
                    order by s.ended_at desc nulls first, s.end_reason is not distinct from 'dropped' desc
                ))[1] as last_reason,
                max(coalesce(s.ended_at, 'infinity')) as ended_at
            -- As ops.coverage_by_gatherer does: a gatherer counts for a day after its coverage.
            from ops.coverage_spans(wanted_channel, wanted_ticker, tstzrange(moment - interval '1 day', null)) as s
            group by s.gatherer_id
        ) as c
    ) as g on true
    where
        e.channel = wanted_channel and e.market_ticker = wanted_ticker
        and coalesce(upper(e.during), 'infinity') > moment and not isempty(e.during)
    group by e.during
    having not coalesce(bool_or(g.is_changing), false) and lower(e.during) < moment;
$$;

comment on function ops.steady_state is
'The state that all minutes of a market have from some time on, as long as nothing happens to it.';
