-- List the partitions of a time series: PostgreSQL's partitions, or TimescaleDB's chunks.
-- Parameters: target, a table of timeseries.series
-- Reads: the catalogue
-- Returns: their qualified names and the time that each holds, oldest first
create or replace function timeseries.list_partitions(target regclass)
returns table (partition_name text, during tstzrange)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
as $$
begin
    if not exists (select from timeseries.series as s where s.target = list_partitions.target) then
        raise exception 'table % is not a time series', target;
    end if;
    if exists (select from pg_class as c where c.oid = list_partitions.target and c.relkind = 'p') then
        return query
        select
            format('%I.%I', n.nspname, c.relname) as partition_name,
            tstzrange(split_part(b.bound, '''', 2)::timestamptz, split_part(b.bound, '''', 4)::timestamptz) as during
        from pg_inherits as i
        inner join pg_class as c on i.inhrelid = c.oid
        inner join pg_namespace as n on c.relnamespace = n.oid
        -- Such as: for values from ('2026-11-02 15:00:00+00') to ('2026-11-02 16:00:00+00')
        cross join lateral (select pg_get_expr(c.relpartbound, c.oid) as bound offset 0) as b
        where i.inhparent = list_partitions.target and not i.inhdetachpending
        order by during;
        return;
    end if;
    -- The query is a string, because the view exists on one engine only.
    return query execute
    $query$
        select
            format('%I.%I', k.chunk_schema, k.chunk_name) as partition_name,
            tstzrange(k.range_start, k.range_end) as during
        from timescaledb_information.chunks as k
        inner join pg_class as c on k.hypertable_name = c.relname
        inner join pg_namespace as n on c.relnamespace = n.oid and k.hypertable_schema = n.nspname
        where c.oid = $1
        order by during
    $query$
    using target;
end;
$$;

comment on function timeseries.list_partitions is
'The partitions or chunks of a time series and the time that each holds.';
