-- Record that a connection to the exchange ended, and why.
-- Parameters: connection_id bigint, closed_at timestamptz, close_reason text, frames_received bigint
-- Writes: capture.connections
-- Returns: nothing
update capture.connections
set
    ingest_xid = pg_current_xact_id(),
    closed_at = %(closed_at)s,
    close_reason = %(close_reason)s,
    frames_received = %(frames_received)s
where connection_id = %(connection_id)s;
