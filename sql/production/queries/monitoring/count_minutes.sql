-- Count today's minutes (UTC) of all markets by state, as they were last summed up.
-- Reads: ops.series_minutes
-- Returns: stream, state (proven, covered, repaired, gap, idle or halted), minutes; each stream and state has a row
select
    k.stream,
    s.state,
    coalesce((m.minutes ->> s.state)::bigint, 0) as minutes
from ops.classified_streams() as k
cross join (values ('proven'), ('covered'), ('repaired'), ('gap'), ('idle'), ('halted')) as s (state)
left join ops.series_minutes as m on k.stream = m.stream and m.series = '' and m.day = (now() at time zone 'UTC')::date
order by k.stream, s.state;
