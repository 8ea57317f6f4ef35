-- Store one batch of gaps.
-- Writes: capture.gaps
-- Returns: nothing; the rows come in PostgreSQL's text COPY format
copy capture.gaps (
    connection_id,
    sid,
    seq_expected,
    seq_received,
    detected_at
) from stdin;
