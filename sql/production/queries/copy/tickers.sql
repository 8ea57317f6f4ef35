-- Receive polled tickers as they came.
-- Writes: pg_temp.stage_tickers
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_tickers from stdin (format "binary");
