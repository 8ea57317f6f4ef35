-- Make the partitions that hold a moment in every time series of this database.
-- Parameters: moment timestamptz
-- Reads: timeseries.series
-- Writes: new partitions
-- Returns: how many were made
select count(*) filter (where timeseries.ensure_partition(s.target, %(moment)s::timestamptz))
from timeseries.series as s;
