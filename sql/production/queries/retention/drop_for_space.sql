-- Drop the oldest partition that the archive holds, if the database takes more space than it may.
-- Parameters: streams text[], the streams whose partitions may go; bytes_max bigint
-- Writes: as ops.drop_for_space
-- Returns: the stream and name of what was dropped, and the time it held; no row if nothing is to go or may go
select
    d.stream,
    d.partition_name,
    lower(d.during) as began_at,
    upper(d.during) as ended_at
from ops.drop_for_space(%(streams)s::text[], %(bytes_max)s::bigint) as d;
