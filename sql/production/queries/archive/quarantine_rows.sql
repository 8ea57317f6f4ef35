-- Move rows of a stream that the archive cannot hold into quarantine.
-- Parameters: stream text; time_column name, null for the whole table; from_at, until_at timestamptz
-- Writes: the stream's table, ops.rejected_rows
-- Returns: how many rows were moved, and the reason of one of them
select
    q.moved,
    q.reason
from ops.quarantine_rows(
    %(stream)s::text, %(time_column)s::name, %(from_at)s::timestamptz, %(until_at)s::timestamptz
) as q;
