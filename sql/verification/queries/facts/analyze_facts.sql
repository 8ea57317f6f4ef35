-- Let the planner know how many facts there are: without that it may plan loops that read all of them for each.
-- Reads: pg_temp.published_fact, pg_temp.held_fact
-- Writes: the statistics of these tables
-- Returns: nothing
analyze published_fact (line_number, subject, held_id), held_fact (held_id, subject, line_number);
