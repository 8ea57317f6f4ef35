-- Receive polled rows as they came.
-- Writes: pg_temp.stage
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage from stdin (format "binary");
