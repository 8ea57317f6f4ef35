-- Store one batch of gaps.
-- Writes: capture.gaps
-- Returns: nothing; the rows come in PostgreSQL's text COPY format
copy capture.gaps (
    frame_number,
    connection_id,
    sid,
    channel,
    seq_expected,
    seq_received,
    began_at,
    detected_at
) from stdin;
