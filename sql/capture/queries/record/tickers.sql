-- Store one batch of market summaries.
-- Writes: capture.tickers
-- Returns: nothing; the rows are sent in PostgreSQL's text COPY format
copy capture.tickers (
    received_at,
    sent_at,
    exchange_ts,
    connection_id,
    sid,
    market_ticker,
    market_id,
    last_price,
    yes_bid,
    yes_ask,
    yes_bid_size,
    yes_ask_size,
    last_trade_size,
    volume,
    open_interest,
    dollar_volume,
    dollar_open_interest,
    time_digits,
    frame_number
) from stdin;
