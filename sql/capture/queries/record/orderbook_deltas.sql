-- Store one batch of order-book deltas.
-- Writes: capture.orderbook_deltas
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.orderbook_deltas (
    received_at,
    sent_at,
    exchange_ts,
    connection_id,
    sid,
    seq,
    market_ticker,
    clock,
    side,
    price,
    size_delta,
    occurrence,
    time_digits,
    ordinal,
    ordinal_of_clock,
    ordinal_digits,
    burst_began_at,
    frame_number
) from stdin;
