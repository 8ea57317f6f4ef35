-- Store one batch of order-book snapshots.
-- Writes: capture.orderbook_snapshots
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.orderbook_snapshots (
    received_at,
    sent_at,
    connection_id,
    sid,
    seq,
    market_ticker,
    market_id,
    clock,
    yes_prices,
    yes_sizes,
    no_prices,
    no_sizes,
    occurrence,
    last_change_at,
    frame_number
) from stdin;
