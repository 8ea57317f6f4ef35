-- The condition of each stream on each day (UTC) since its first coverage.
-- pending: not all of the day is classified yet; missing: production holds no minute of it; degraded: it has gaps;
-- available: it has none.
-- Reads: ops.market_minutes, ops.expected, ops.watermarks
create or replace view ops.stream_days as
select
    d.stream,
    d.day,
    case
        when coalesce(w.moment < (d.day + 1)::timestamp at time zone 'UTC', true) then 'pending'
        when d.minutes_held = 0 then 'missing'
        when d.minutes_gap > 0 then 'degraded'
        else 'available'
    end as condition,
    d.market_count,
    d.minutes_proven,
    d.minutes_covered,
    d.minutes_repaired,
    d.minutes_gap,
    d.minutes_idle
from (
    select
        c.stream,
        c.day,
        count(l.day) as market_count,
        coalesce(sum(ops.minute_count(l.proven)), 0) as minutes_proven,
        coalesce(sum(ops.minute_count(l.covered)), 0) as minutes_covered,
        coalesce(sum(ops.minute_count(l.repaired)), 0) as minutes_repaired,
        coalesce(sum(ops.minute_count(l.gap)), 0) as minutes_gap,
        coalesce(sum(ops.minute_count(l.idle)), 0) as minutes_idle,
        coalesce(
            sum(ops.minute_count(l.proven + l.covered + l.repaired + l.idle)), 0
        ) as minutes_held
    from (
        select
            f.stream,
            (g.day at time zone 'UTC')::date as day
        from (
            select
                s.stream,
                date_trunc('day', greatest(min(e.began_at), lower(ops.believed_times())), 'UTC') as began
            from ops.classified_streams() as s
            inner join ops.expected as e on s.channel = e.channel
            group by s.stream
        ) as f
        cross join
            lateral generate_series(f.began, date_trunc('day', now(), 'UTC'), interval '1 day', 'UTC') as g (day)
    ) as c
    -- Per day, so that only days that are asked for are read.
    left join
        lateral (
            select m.*
            from ops.market_minutes as m
            where m.stream = c.stream and m.day = c.day
        ) as l
        on true
    group by c.stream, c.day
) as d
left join ops.watermarks as w on w.name = 'market_minutes';

comment on view ops.stream_days is 'The condition of each stream on each day: available, degraded, pending or missing.';
comment on column ops.stream_days.market_count is
'Markets with an expected minute; 1 for a stream that is received for all markets at once.';
comment on column ops.stream_days.minutes_proven is
'Minutes in this state, summed over all markets; so are the next four.';
