-- Put rows of a file where polled rows are staged.
-- Reads: pg_temp.archived_rows
-- Writes: pg_temp.stage
-- Returns: nothing
select ops.stage_archived_rows();
