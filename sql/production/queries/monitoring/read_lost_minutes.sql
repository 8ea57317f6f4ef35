-- Read which minutes of the last day are lost: no source repaired them within its time. Minutes of
-- maintenance that the exchange announced are not counted, since nothing is published then.
-- Parameters: repair_seconds float8, how long after a minute a source may still repair it
-- Reads: ops.market_minutes, market_data.exchange_status
-- Returns: per stream the minutes of all markets, how many markets, one of them (empty for a stream of all markets),
-- the beginning of its first and the end of its last lost minute, and whether the exchange's schedule was known
with asked as (
    select
        tstzmultirange(a.during) - ops.maintenance_during(a.during) as during,
        (lower(a.during) at time zone 'UTC')::date as first_day,
        (upper(a.during) at time zone 'UTC')::date as last_day
    from (
        select
            tstzrange(
                date_trunc('minute', now()) - interval '1 day',
                date_trunc('minute', now() - %(repair_seconds)s::float8 * interval '1 s')
            ) as during
    ) as a
),

lost as (
    select
        m.stream,
        m.market_ticker,
        m.gap * a.during as gap
    from asked as a
    inner join ops.market_minutes as m on m.day between a.first_day and a.last_day
    where not isempty(m.gap)
)

select
    l.stream,
    sum(ops.minute_count(l.gap))::bigint as minutes_lost,
    count(distinct l.market_ticker) as markets,
    max(l.market_ticker) as market_ticker,
    min(lower(l.gap)) as began_at,
    max(upper(l.gap)) as ended_at,
    (
        select count(*) from market_data.exchange_status as e
        where e.kind = 'schedule' and e.first_seen_at > now() - interval '1 day'
    ) > 0 as is_schedule_known
from lost as l
where not isempty(l.gap)
group by l.stream
order by l.stream;
