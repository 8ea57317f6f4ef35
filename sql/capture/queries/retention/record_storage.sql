-- Record how much space this database takes now, and forget what is older than two days or lies in the future.
-- Reads: timeseries.series, every partition, capture.acknowledgements
-- Writes: capture.storage_samples
-- Returns: the size of the database, and what of it may not be dropped
with forgotten as (
    delete from capture.storage_samples as s
    where s.sampled_at < now() - interval '2 days' or s.sampled_at > now()
),

droppable as (
    select coalesce(sum(pg_total_relation_size(to_regclass(p.partition_name))), 0)::bigint as stored_bytes
    from timeseries.series as s
    cross join lateral timeseries.list_partitions(s.target) as p
    where upper(p.during) <= now() and capture.is_acknowledged(s.target, p.partition_name)
),

measured as (
    select pg_database_size(current_database()) as database_bytes
)

insert into capture.storage_samples as s (sampled_at, database_bytes, kept_bytes)
select
    date_bin('10 minutes', now(), '2000-01-01 00:00:00+00') as sampled_at,
    m.database_bytes,
    greatest(0, m.database_bytes - d.stored_bytes) as kept_bytes
from measured as m
cross join droppable as d
on conflict on constraint storage_samples_pkey do update
    set
        database_bytes = excluded.database_bytes,
        kept_bytes = excluded.kept_bytes
returning s.database_bytes, s.kept_bytes;
