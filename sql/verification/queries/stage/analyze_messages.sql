-- Let the planner know how many messages there are: without that it plans loops that read all of them for each.
-- Reads: pg_temp.published_delta, pg_temp.published_snapshot, pg_temp.journal
-- Writes: the statistics of these tables
-- Returns: nothing
analyze published_delta, published_snapshot, journal (line_number, form);
