-- Make the partitions that the staged rows of a stream need.
-- Parameters: stage regclass, time_column name, target regclass, late_days_max integer
-- Reads: the stage table
-- Writes: new partitions
-- Returns: how many were made
select ops.prepare_partitions(
    %(stage)s::regclass, %(time_column)s::name, %(target)s::regclass, %(late_days_max)s::integer
);
