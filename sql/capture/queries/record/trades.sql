-- Store one batch of trades.
-- Writes: capture.trades
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.trades (
    received_at,
    sent_at,
    exchange_ts,
    connection_id,
    sid,
    seq,
    trade_id,
    market_ticker,
    yes_price,
    no_price,
    size,
    taker_side,
    is_block_trade,
    time_digits,
    frame_number
) from stdin;
