-- List hours that are exported but not read back yet, since an exporter ended in between.
-- Parameters: streams text[], hours_max integer
-- Reads: ops.archive_partitions
-- Returns: stream, hour, sha256 and failures of each
select
    stream,
    hour,
    sha256,
    failures
from ops.archive_partitions
where state = 'exported' and stream = any(%(streams)s::text[])
order by hour, stream
limit %(hours_max)s;
