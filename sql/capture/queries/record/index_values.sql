-- Store one batch of index values.
-- Writes: capture.index_values
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.index_values (
    received_at,
    sent_at,
    source_ts,
    connection_id,
    sid,
    seq,
    index_id,
    published_at,
    value,
    average_60s,
    average_15min,
    payload,
    frame_number
) from stdin;
