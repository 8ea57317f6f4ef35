-- Receive polled orderbook snapshots as they came.
-- Writes: pg_temp.stage_orderbook_snapshots
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_orderbook_snapshots from stdin (format "binary");
