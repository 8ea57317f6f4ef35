-- Compare rows of a file with what production holds of its time.
-- Parameters: target regclass; time_column name, null for the whole table; from_at, until_at timestamptz
-- Reads: the table, pg_temp.archived_rows
-- Returns: how many rows only the file has, how many only production has, and one of each
select
    only_archived,
    only_production,
    archived_row,
    production_row
from ops.compare_archived_rows(
    %(target)s::regclass, %(time_column)s::name, %(from_at)s::timestamptz, %(until_at)s::timestamptz
);
