-- List hours of streams with what the archive holds of them.
-- Parameters: streams text[]; from_at, until_at timestamptz
-- Reads: ops.archive_partitions, ops.dropped_partitions
-- Returns: stream, hour, state, rows, bytes, sha256, key, failures, error, whether production still holds the rows
select
    p.stream,
    p.hour,
    p.state,
    p.row_count,
    p.byte_count,
    p.sha256,
    p.object_key,
    p.failures,
    p.error,
    ops.is_in_production(p.stream, p.hour, p.exported_at) as in_production
from ops.archive_partitions as p
where
    p.stream = any(%(streams)s::text[])
    and p.hour >= %(from_at)s::timestamptz
    and p.hour < %(until_at)s::timestamptz
order by p.stream, p.hour;
