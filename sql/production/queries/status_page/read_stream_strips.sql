-- Read a day's minutes of each stream, all markets together, as they were last summed up.
-- Parameters: day date
-- Reads: ops.series_minutes
-- Returns: the stream, how many markets it has, their minutes by state, the worst state in each cell that has one, and
-- when that was summed up
select
    s.stream as name,
    s.markets,
    s.minutes,
    s.states,
    s.computed_at
from ops.series_minutes as s
where s.day = %(day)s::date and s.series = ''
order by name;
