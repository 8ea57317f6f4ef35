-- Create the table that rows of a file pass through on their way back.
-- Parameters: target regclass
-- Writes: pg_temp.archived_rows, until the transaction ends
-- Returns: its columns in order
select c.name from ops.create_archived_rows(%(target)s::regclass) as c (name);
