-- Delete old rows of the tables without partitions, a bounded number of each table.
-- Parameters: days_min jsonb, how long rows are kept at least, by kind; rows_max integer
-- Writes: the tables of ops.bounded_tables
-- Returns: how many rows were deleted of each table of which any were
select
    d.target,
    d.deleted_rows
from ops.delete_old_rows(%(days_min)s::jsonb, %(rows_max)s::integer) as d;
