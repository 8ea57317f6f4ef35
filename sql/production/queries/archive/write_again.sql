-- Make hours pending, so that they are written again to the same keys. Hours of derived streams stay as they are if
-- production may no longer hold all that they were derived from.
-- Parameters: streams text[]; from_at, until_at, which hours
-- Reads: ops.dropped_partitions
-- Writes: ops.archive_partitions
-- Returns: nothing
update ops.archive_partitions as p
set
    state = 'pending',
    retry_at = null
where
    p.stream = any(%(streams)s::text[])
    and p.hour >= %(from_at)s::timestamptz
    and p.hour < %(until_at)s::timestamptz
    and p.state in ('exported', 'verified')
    and not exists (
        select from ops.derived_streams() as s
        where s.stream = p.stream and not ops.is_derivable(p.stream, p.hour)
    );
