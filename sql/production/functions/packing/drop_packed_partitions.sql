-- Drop partitions of hot rows that packing has emptied, so that their space is free. A partition into which rows are
-- being merged stays. It runs with its owner's rights, so that the role that merges can drop nothing else.
-- Parameters: wanted_stream, null for all of them; partitions_max, how many one call drops of each stream
-- Reads: ops.packed_hours, ops.hour_locks
-- Writes: partitions of hot rows
-- Returns: what was dropped, oldest first in each stream
create or replace function ops.drop_packed_partitions(
    wanted_stream text default null, partitions_max integer default 10
)
returns table (partition_name text, during tstzrange)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    entry record;
    numbers integer[];
    is_filled boolean;
begin
    for entry in
        select s.hot_table, s.time_column, s.period, t.during
        from ops.packed_streams() as s
        cross join lateral (
            select p.during
            from timeseries.list_partitions(s.hot_table) as p
            where p.during <@ (
                select range_agg(tstzrange(h.hour, h.hour + s.period))
                from ops.packed_hours as h
                where h.stream = s.stream and h.packed_at is not null
            )
            order by p.during
            limit partitions_max
        ) as t
        where s.stream = coalesce(wanted_stream, s.stream)
        order by s.stream, t.during
    loop
        numbers := array(
            select l.number from ops.hour_locks as l
            where l.number in (
                select ops.hour_lock(h.hour, entry.period)
                from generate_series(
                    lower(entry.during), upper(entry.during) - entry.period, entry.period
                ) as h (hour)
            )
            for update skip locked
        );
        continue when cardinality(numbers) * entry.period < upper(entry.during) - lower(entry.during);
        execute format(
            'select exists (select from %1$s as r where r.%2$I >= $1 and r.%2$I < $2)', entry.hot_table,
            entry.time_column
        ) into is_filled using lower(entry.during), upper(entry.during);
        continue when is_filled;
        return query
        select d.partition_name, d.during
        from timeseries.drop_partitions(entry.hot_table, upper(entry.during), tstzmultirange(entry.during), 1) as d;
    end loop;
end;
$$;

comment on function ops.drop_packed_partitions is 'Drop partitions of hot rows that packing has emptied.';

revoke execute on function ops.drop_packed_partitions from public;
