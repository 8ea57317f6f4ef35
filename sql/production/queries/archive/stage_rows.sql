-- Copy rows of a file into the stage.
-- Reads: pg_temp.archived_rows
-- Writes: pg_temp.stage
-- Returns: nothing
select ops.stage_archived_rows();
