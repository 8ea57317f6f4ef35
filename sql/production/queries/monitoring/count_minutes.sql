-- Count today's minutes (UTC) of all markets by state. ops.stream_days counts the same for any day, but takes too long
-- for each minute.
-- Reads: ops.market_minutes
-- Returns: stream, state (proven, covered, repaired, gap or idle), minutes; each stream and state has a row
with counted as (
    select
        m.stream,
        s.state,
        sum(extract(epoch from upper(r.run) - lower(r.run)) / 60)::bigint as minutes
    from ops.market_minutes as m
    cross join
        lateral (
            values
            ('proven', m.proven), ('covered', m.covered), ('repaired', m.repaired), ('gap', m.gap), ('idle', m.idle)
        ) as s (state, runs)
    cross join unnest(s.runs) as r (run)
    where m.day = (now() at time zone 'UTC')::date
    group by m.stream, s.state
)

select
    k.stream,
    s.state,
    coalesce(c.minutes, 0) as minutes
from ops.classified_streams() as k
cross join (values ('proven'), ('covered'), ('repaired'), ('gap'), ('idle')) as s (state)
left join counted as c on k.stream = c.stream and s.state = c.state
order by k.stream, s.state;
