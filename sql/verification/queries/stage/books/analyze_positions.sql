-- Let the planner know how many places there are: without that it plans loops that read all of them for each.
-- Reads: pg_temp.book_position
-- Writes: the statistics of this table
-- Returns: nothing
analyze book_position;
