-- Read a day's minutes by series as they were last summed up. The series with the most minutes in gaps come first, then
-- those with the most minutes that are repaired, and not proven.
-- Parameters: stream text; day date; search text, a part of the series' ticker in upper or lower case; rows_max and
-- rows_skipped integer
-- Reads: ops.series_minutes
-- Returns: the series, how many markets it has, their minutes by state, the worst state in each cell that has one, and
-- how many series there are
select
    s.series as name,
    s.markets,
    s.minutes,
    s.states,
    count(*) over () as names
from ops.series_minutes as s
where
    s.day = %(day)s::date
    and s.stream = %(stream)s::text
    and s.series <> ''
    and position(lower(%(search)s::text) in lower(s.series)) > 0
order by
    coalesce((s.minutes ->> 'gap')::bigint, 0) desc,
    coalesce((s.minutes ->> 'repaired')::bigint, 0) desc,
    coalesce((s.minutes ->> 'covered')::bigint, 0) desc,
    s.series asc
limit %(rows_max)s::integer offset %(rows_skipped)s::integer;
