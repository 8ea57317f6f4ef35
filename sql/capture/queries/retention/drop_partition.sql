-- Drop one partition of a time series.
-- Parameters: target text, begins_at timestamptz, ends_at timestamptz; only_acknowledged boolean, whether it stays if
-- it holds a row now that the deduplicator has not acknowledged
-- Writes: the table's partitions
-- Returns: the name of the partition dropped
select dropped.partition_name
from timeseries.drop_partitions(
    %(target)s::text::regclass,
    %(ends_at)s,
    tstzmultirange(tstzrange(%(begins_at)s, %(ends_at)s))
    * case
        when %(only_acknowledged)s::boolean
            then capture.acknowledged_times(%(target)s::text::regclass, %(ends_at)s::timestamptz)
        else '{(,)}'
    end,
    1
) as dropped;
