-- Store one batch of quarantined frames.
-- Writes: capture.quarantine
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.quarantine (
    connection_id,
    received_at,
    reason,
    frame,
    frame_bytes,
    frame_sha256,
    frame_number
) from stdin;
