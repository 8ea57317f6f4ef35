-- Drop the partitions of one time series that are old, or were written by a wrong clock, once they are acknowledged by
-- the deduplicator.
-- Parameters: target text; older_than timestamptz; newer_than timestamptz, the future that only a wrong clock can have
-- written
-- Writes: the table's partitions
-- Returns: the name of each partition dropped
select dropped.partition_name
from timeseries.drop_partitions(
    %(target)s::text::regclass,
    'infinity',
    capture.acknowledged_times(%(target)s::text::regclass, %(older_than)s, %(newer_than)s)
) as dropped;
