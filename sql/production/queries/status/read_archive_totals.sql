-- Read what the archive holds, and what waits for it, due or not.
-- Reads: ops.archive_partitions
-- Returns: per stream the hours verified, waiting and failing, the newest verified hour, rows and bytes
select
    p.stream,
    count(*) filter (where p.state = 'verified') as hours_verified,
    count(*) filter (where p.state <> 'verified') as hours_waiting,
    count(p.error) as hours_failing,
    max(p.hour) filter (where p.state = 'verified') as newest_hour,
    coalesce(sum(p.row_count), 0)::bigint as row_count,
    coalesce(sum(p.byte_count), 0)::bigint as byte_count
from ops.archive_partitions as p
group by p.stream
order by p.stream;
