-- Store one batch of quarantine.
-- Writes: capture.quarantine
-- Returns: nothing; the rows come in PostgreSQL's text COPY format
copy capture.quarantine (
    connection_id,
    received_at,
    reason,
    frame,
    frame_bytes,
    frame_sha256,
    frame_number
) from stdin;
