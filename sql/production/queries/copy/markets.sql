-- Receive polled markets as they came.
-- Writes: pg_temp.stage_markets
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_markets from stdin (format "binary");
