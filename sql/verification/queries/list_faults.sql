-- List the faults in an exchange's journal, in order.
-- Reads: pg_temp.journal
-- Returns: one line of text each: when, what, and on which connection
select
    format(
        '%s %s%s',
        timestamptz 'epoch' + (line ->> 'published_ms')::bigint * interval '1 ms',
        line #>> '{fault, name}',
        coalesce(' on connection ' || (line #>> '{fault, connection}'), '')
    ) as fault
from journal
where line ? 'fault'
order by (line ->> 'published_ms')::bigint;
