-- Record how much space production takes now, and forget what is older than two days or lies in the future.
-- Parameters: streams text[], the streams whose partitions may be dropped
-- Reads: what ops.droppable_bytes reads
-- Writes: ops.storage_samples
-- Returns: the size of the database, and what of it may not be dropped
with forgotten as (
    delete from ops.storage_samples as s
    where s.sampled_at < now() - interval '2 days' or s.sampled_at > now()
),

measured as (
    select
        pg_database_size(current_database()) as database_bytes,
        ops.droppable_bytes(%(streams)s::text[]) as droppable_bytes
)

insert into ops.storage_samples as s (sampled_at, database_bytes, kept_bytes)
select
    date_bin('10 minutes', now(), '2000-01-01 00:00:00+00') as sampled_at,
    m.database_bytes,
    greatest(0, m.database_bytes - m.droppable_bytes) as kept_bytes
from measured as m
on conflict on constraint storage_samples_pkey do update
    set
        database_bytes = excluded.database_bytes,
        kept_bytes = excluded.kept_bytes
returning s.database_bytes, s.kept_bytes;
