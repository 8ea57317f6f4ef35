-- List the faults that an exchange's journal tells of, in their order.
-- Reads: pg_temp.journal
-- Returns: one line of text each: when, what, and on which connection
select
    format(
        '%s %s%s',
        timestamptz 'epoch' + (line ->> 'published_ms')::bigint * interval '1 ms',
        line #>> '{fault, name}',
        coalesce(' on connection ' || (line #>> '{fault, connection}'), '')
    ) as told
from journal
where line ? 'fault'
order by (line ->> 'published_ms')::bigint;
