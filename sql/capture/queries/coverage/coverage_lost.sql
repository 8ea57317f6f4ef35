-- Record that all coverage of a range of connections ended, since their frames or what was known of them are lost.
-- Parameters: rows jsonb, an array of objects; ended_at is null if no time before the loss is known: then nothing that
-- is open counts as covered
-- Writes: capture.subscriptions
-- Returns: nothing
update capture.subscriptions as s
set
    ingest_xid = pg_current_xact_id(),
    ended_at = greatest(r.ended_at, s.began_at),
    end_reason = 'gap'
from
    jsonb_to_recordset(%(rows)s::jsonb) as r (
        connection_first bigint, connection_before bigint, ended_at timestamptz
    )
where
    s.connection_id >= r.connection_first
    and s.connection_id < r.connection_before
    and s.ended_at is null;
