-- Make the partitions that the staged rows of a stream need.
-- Parameters: time_column name, target regclass
-- Reads: pg_temp.stage
-- Writes: new partitions
-- Returns: how many were made
select ops.prepare_partitions(%(time_column)s::name, %(target)s::regclass);
