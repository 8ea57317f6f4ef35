-- Receive polled lifecycle events as they came.
-- Writes: pg_temp.stage_lifecycle_events
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_lifecycle_events from stdin (format "binary");
