-- Read the condition of each stream and day.
-- Parameters: from_at, until_at timestamptz; their days and those between are read
-- Reads: ops.stream_days
-- Returns: stream, day, condition, and the minutes of all markets by state
select
    d.stream,
    d.day,
    d.condition,
    d.market_count,
    d.minutes_proven,
    d.minutes_covered,
    d.minutes_repaired,
    d.minutes_gap,
    d.minutes_idle
from ops.stream_days as d
where
    d.day between (%(from_at)s::timestamptz at time zone 'UTC')::date
    and (%(until_at)s::timestamptz at time zone 'UTC')::date
order by d.stream, d.day;
