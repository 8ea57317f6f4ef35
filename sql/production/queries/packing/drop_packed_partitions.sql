-- Drop partitions of hot rows that packing has emptied.
-- Parameters: stream text, null for all of them; partitions_max integer, how many of each stream
-- Writes: partitions of hot rows
-- Returns: the names of what was dropped, and the time each held
select
    d.partition_name,
    lower(d.during) as began_at,
    upper(d.during) as ended_at
from ops.drop_packed_partitions(%(stream)s::text, %(partitions_max)s::integer) as d;
