-- Receive polled orderbook deltas as they came.
-- Writes: pg_temp.stage_orderbook_deltas
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_orderbook_deltas from stdin (format "binary");
