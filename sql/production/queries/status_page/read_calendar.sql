-- Read the state of each hour of the archive in some days.
-- Parameters: from_at, until_at timestamptz; rows_max integer
-- Reads: ops.archive_partitions
-- Returns: stream, hour, state (failing if it has an error), rows, bytes, error
select
    p.stream,
    p.hour,
    case when p.error is null then p.state else 'failing' end as state,
    coalesce(p.row_count, 0) as row_count,
    coalesce(p.byte_count, 0) as byte_count,
    p.error
from ops.archive_partitions as p
where p.hour >= %(from_at)s::timestamptz and p.hour < %(until_at)s::timestamptz
order by p.stream asc, p.hour asc
limit %(rows_max)s::integer;
