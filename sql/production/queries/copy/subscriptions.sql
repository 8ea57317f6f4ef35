-- Receive polled stretches of coverage as they came.
-- Writes: pg_temp.stage_subscriptions
-- Returns: nothing; the rows come in PostgreSQL's binary COPY format
copy stage_subscriptions from stdin (format "binary");
