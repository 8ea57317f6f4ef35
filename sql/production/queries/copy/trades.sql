-- Receive polled trades as they came.
-- Writes: pg_temp.stage_trades
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_trades from stdin (format "binary");
