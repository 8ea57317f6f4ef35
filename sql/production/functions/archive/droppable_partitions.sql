-- List the partitions that retention may drop, as ops.drop_stream_partitions would choose them: older than a day, every
-- hour of them in the archive, verified. Hot rows whose hour is packed stay as long as the packed ones.
-- Parameters: streams, the streams whose partitions may go
-- Reads: the catalogue, ops.packed_hours, and what ops.verified_hours reads
-- Returns: the stream and name of each partition, and the time that it spans
create or replace function ops.droppable_partitions(streams text[])
returns table (stream text, partition_name text, during tstzrange)
language sql
volatile
as $$
    with
    verified as materialized (
        select s.stream, ops.verified_hours(s.stream, now() - interval '1 day') as hours
        from unnest(streams) as s (stream)
    ),

    packed as materialized (
        select
            v.stream, s.period, p.partition_name, p.during,
            upper(p.during) <= now() - interval '1 day' and p.during <@ v.hours as is_droppable
        from verified as v
        inner join ops.packed_streams() as s on v.stream = s.stream
        cross join lateral timeseries.list_partitions(s.packed_table) as p
    ),

    gone as (
        select p.stream, range_agg(p.during) as hours from packed as p where p.is_droppable group by p.stream
    ),

    kept as (
        select p.stream, range_agg(tstzrange(h.hour, h.hour + p.period)) as hours
        from packed as p
        inner join ops.packed_hours as h on p.stream = h.stream and h.hour <@ p.during
        where not p.is_droppable
        group by p.stream
    )

    select p.stream, p.partition_name, p.during from packed as p where p.is_droppable
    union all
    select v.stream, p.partition_name, p.during
    from verified as v
    left join gone as g on v.stream = g.stream
    left join kept as k on v.stream = k.stream
    cross join lateral timeseries.list_partitions(ops.merged_table(v.stream)) as p
    where
        upper(p.during) <= now() - interval '1 day'
        and (p.during <@ coalesce(g.hours, '{}') or p.during <@ (v.hours - coalesce(k.hours, '{}')));
$$;

comment on function ops.droppable_partitions is 'The partitions that may be dropped.';
