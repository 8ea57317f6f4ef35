-- Receive polled gaps as they came.
-- Writes: pg_temp.stage_gaps
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_gaps from stdin (format "binary");
