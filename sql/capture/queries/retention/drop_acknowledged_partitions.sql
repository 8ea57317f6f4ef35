-- Drop the partitions of one time series that are old and acknowledged by the deduplicator.
-- Parameters: target text, older_than timestamptz
-- Writes: the table's partitions
-- Returns: the name of each partition dropped
select dropped.partition_name
from timeseries.drop_partitions(
    %(target)s::text::regclass,
    %(older_than)s,
    capture.acknowledged_times(%(target)s::text::regclass, %(older_than)s)
) as dropped;
