-- Receive polled series as they came.
-- Writes: pg_temp.stage_series
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_series from stdin (format "binary");
