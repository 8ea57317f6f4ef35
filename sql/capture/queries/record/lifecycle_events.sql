-- Store one batch of lifecycle events.
-- Writes: capture.lifecycle_events
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.lifecycle_events (
    received_at,
    sent_at,
    connection_id,
    sid,
    seq,
    subject_ticker,
    kind,
    payload,
    occurrence,
    earlier_at,
    frame_number
) from stdin;
