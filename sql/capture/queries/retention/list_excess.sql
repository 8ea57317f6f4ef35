-- Choose the partitions to drop so that the database takes no more disk than it may: those merged for good before all
-- others, the oldest first, and never one that rows may still arrive in.
-- Parameters: bytes_max bigint
-- Reads: timeseries.series, every partition, capture.acknowledgements
-- Returns: target, stream, where the partition begins and ends, whether it was merged
with partitions as (
    select
        s.target,
        c.relname as stream,
        p.during,
        pg_total_relation_size(p.partition_name::regclass) as stored_bytes,
        capture.is_read(s.target, p.partition_name) as is_read
    from timeseries.series as s
    inner join pg_class as c on s.target = c.oid
    cross join lateral timeseries.list_partitions(s.target) as p
    where upper(p.during) <= now()
),

in_order as (
    select
        target,
        stream,
        during,
        is_read,
        sum(stored_bytes) over (order by is_read desc, lower(during) asc, stream asc) - stored_bytes as freed_before
    from partitions
)

select
    target::text as target,
    stream,
    lower(during) as begins_at,
    upper(during) as ends_at,
    is_read
from in_order
where freed_before < pg_database_size(current_database()) - %(bytes_max)s
order by freed_before asc;
