-- Create the partition that holds a given time in every time series of this database, if it is missing.
-- Parameters: moment timestamptz
-- Reads: timeseries.series
-- Writes: new partitions
-- Returns: how many partitions were created
select count(*) filter (where timeseries.ensure_partition(s.target, %(moment)s::timestamptz))
from timeseries.series as s;
