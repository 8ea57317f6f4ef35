-- Drop old partitions of a stream that the archive holds.
-- Parameters: stream text; days_min integer, how long rows are kept at least
-- Writes: partitions of the stream's table, ops.dropped_partitions
-- Returns: the names of what was dropped, and the time each held
select
    d.partition_name,
    lower(d.during) as began_at,
    upper(d.during) as ended_at
from ops.drop_archived_partitions(%(stream)s::text, %(days_min)s::integer) as d;
