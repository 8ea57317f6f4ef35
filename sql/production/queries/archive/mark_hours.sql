-- Mark hours of a stream as to be archived, even if they were archived before: rows were merged into them.
-- Parameters: stream text, hours timestamptz[]
-- Writes: ops.archive_partitions
-- Returns: nothing
insert into ops.archive_partitions (stream, hour)
select
    %(stream)s::text as stream,
    h.hour
from unnest(%(hours)s::timestamptz[]) as h (hour)
order by h.hour
on conflict (stream, hour) do update
    set
        state = 'pending',
        touched_at = now();
