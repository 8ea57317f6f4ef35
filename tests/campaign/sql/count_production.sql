-- Count what production holds of things of which there are few, whatever happens, and of work that waits.
-- Parameters: gatherers integer, how many there are
-- Reads: tables of ops
-- Returns: name of the table, its rows, and how many there may be
select
    t.name,
    t.counted,
    t.counted_max
from (
    values
    ('ops.expected_due', (select count(*) from ops.expected_due), 0),
    ('ops.late_rows', (select count(*) from ops.late_rows), 0),
    ('ops.deduplicators', (select count(*) from ops.deduplicators), 1),
    ('ops.heartbeats', (select count(*) from ops.heartbeats), %(gatherers)s::integer),
    ('ops.watermarks', (select count(*) from ops.watermarks), 3)
) as t (name, counted, counted_max);
