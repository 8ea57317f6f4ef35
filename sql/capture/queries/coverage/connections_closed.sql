-- Record when and why connections closed; a connection that is closed already is left as it is.
-- Parameters: rows jsonb, an array of objects
-- Writes: capture.connections
-- Returns: nothing
update capture.connections as c
set
    ingest_xid = pg_current_xact_id(),
    closed_at = greatest(r.closed_at, c.opened_at),
    close_reason = r.close_reason,
    frames_received = r.frames_received
from
    jsonb_to_recordset(%(rows)s::jsonb) as r (
        connection_id bigint, closed_at timestamptz, close_reason text, frames_received bigint
    )
where c.connection_id = r.connection_id and c.closed_at is null;
