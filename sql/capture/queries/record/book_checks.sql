-- Store one batch of comparisons of order books.
-- Writes: capture.book_checks
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.book_checks (
    connection_id,
    sid,
    market_ticker,
    from_at,
    until_at,
    from_seq,
    until_seq,
    from_clock,
    until_clock,
    from_change_at,
    until_change_at,
    change_count,
    inner_count,
    level_count,
    is_equal,
    wrong_level_count,
    difference,
    frame_number
) from stdin;
