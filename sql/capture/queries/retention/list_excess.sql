-- List the partitions to drop so that the database stays within its limit of disk space.
-- Acknowledged partitions come first, then the oldest; a partition that may still receive rows is never listed.
-- A partition far in the future was written by a wrong clock, and is listed.
-- Parameters: bytes_max bigint
-- Reads: timeseries.series, every partition, capture.acknowledgements
-- Returns: target, stream, start and end of the partition, whether it is acknowledged
with partitions as (
    select
        s.target,
        c.relname as stream,
        p.during,
        pg_total_relation_size(p.partition_name::regclass) as stored_bytes,
        capture.is_acknowledged(s.target, p.partition_name) as is_acknowledged
    from timeseries.series as s
    inner join pg_class as c on s.target = c.oid
    cross join lateral timeseries.list_partitions(s.target) as p
    where upper(p.during) <= now() or lower(p.during) > now() + interval '2 days'
),

in_order as (
    select
        target,
        stream,
        during,
        is_acknowledged,
        sum(stored_bytes) over (order by is_acknowledged desc, lower(during) asc, stream asc)
        - stored_bytes as freed_before
    from partitions
)

select
    target::text as target,
    stream,
    lower(during) as begins_at,
    upper(during) as ends_at,
    is_acknowledged
from in_order
where freed_before < pg_database_size(current_database()) - %(bytes_max)s
order by freed_before asc;
