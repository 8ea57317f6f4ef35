-- Receive polled connections as they came.
-- Writes: pg_temp.stage_connections
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_connections from stdin (format "binary");
