-- Return how much space the partitions take that may be dropped: older than a day, every hour of them in the archive,
-- verified.
-- Parameters: streams, the streams whose partitions may go
-- Reads: the catalogue, and what ops.verified_hours reads
-- Returns: bytes, with indexes
create or replace function ops.droppable_bytes(streams text[]) returns bigint
language sql
volatile
as $$
    with verified as materialized (
        select
            s.stream,
            ops.verified_hours(s.stream, now() - interval '1 day') as hours
        from unnest(streams) as s (stream)
    )

    select coalesce(sum(pg_total_relation_size(to_regclass(p.partition_name))), 0)::bigint
    from verified as v
    inner join pg_class as c
        on c.oid in (ops.merged_table(v.stream), to_regclass(format('market_data.%I', 'packed_' || v.stream)))
    cross join lateral timeseries.list_partitions(c.oid) as p
    where upper(p.during) <= now() - interval '1 day' and p.during <@ v.hours
$$;

comment on function ops.droppable_bytes is 'How much space the partitions take that may be dropped.';
