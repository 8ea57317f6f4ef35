-- Count and add up what production holds of a stream and time.
-- Parameters: target regclass; time_column name, null for the whole table; from_at, until_at timestamptz
-- Reads: the table
-- Returns: per gatherer rows, first and last time, sums
select
    gatherer_id,
    row_count,
    first_at,
    last_at,
    sums
from ops.control_totals(
    %(target)s::regclass, %(time_column)s::name, %(from_at)s::timestamptz, %(until_at)s::timestamptz
);
