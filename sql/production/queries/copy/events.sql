-- Receive polled events as they came.
-- Writes: pg_temp.stage_events
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_events from stdin (format "binary");
