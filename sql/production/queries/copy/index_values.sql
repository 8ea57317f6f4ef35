-- Receive polled index values as they came.
-- Writes: pg_temp.stage_index_values
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_index_values from stdin (format "binary");
