-- Make hours pending, so that they are written again to the same keys.
-- Parameters: streams text[]; from_at, until_at, which hours
-- Writes: ops.archive_partitions
-- Returns: nothing
update ops.archive_partitions
set
    state = 'pending',
    retry_at = null
where
    stream = any(%(streams)s::text[])
    and hour >= %(from_at)s::timestamptz
    and hour < %(until_at)s::timestamptz
    and state in ('exported', 'verified');
