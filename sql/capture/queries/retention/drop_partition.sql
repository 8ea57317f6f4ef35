-- Drop one partition of a time series, acknowledged or not.
-- Parameters: target text, begins_at timestamptz, ends_at timestamptz
-- Writes: the table's partitions
-- Returns: the name of the partition dropped
select dropped.partition_name
from timeseries.drop_partitions(
    %(target)s::text::regclass,
    %(ends_at)s,
    tstzmultirange(tstzrange(%(begins_at)s, %(ends_at)s)),
    1
) as dropped;
