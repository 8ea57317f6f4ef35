-- Sum up the minutes of an earlier day by series: of the one that was summed up longest ago, if that is an hour ago.
-- Parameters: cells integer, in how many parts a day is divided; days_max integer, how many earlier days there are
-- Reads and writes: what ops.sum_up_minutes does
-- Returns: nothing
select ops.sum_up_minutes(d.day, %(cells)s::integer)
from (
    select (now() at time zone 'UTC')::date - g.number as day
    from generate_series(1, %(days_max)s::integer) as g (number)
    left join ops.series_minutes as s on s.day = (now() at time zone 'UTC')::date - g.number
    group by g.number
    having coalesce(max(s.computed_at), '-infinity') < now() - interval '1 hour'
    order by coalesce(max(s.computed_at), '-infinity') asc, g.number asc
    limit 1
) as d;
