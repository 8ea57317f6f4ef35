-- Put rows of a file where polled rows are staged.
-- Parameters: stage regclass
-- Reads: pg_temp.archived_rows
-- Writes: the stage table
-- Returns: nothing
select ops.stage_archived(%(stage)s::regclass);
