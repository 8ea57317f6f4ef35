-- Let the planner know how many forms there are: without that it may plan loops that read all of them for each.
-- Reads: pg_temp.published_form
-- Writes: the statistics of this table
-- Returns: nothing
analyze published_form (line_number, form, subject);
