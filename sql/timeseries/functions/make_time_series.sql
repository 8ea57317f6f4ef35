-- Turn an empty plain table into a time series: a hypertable if TimescaleDB is installed, else native range partitions.
-- Migrations call this function, so its name and parameters must not change.
-- Parameters: target, the table; time_column; partition_interval, the time that one partition holds
-- Writes: the table's definition, timeseries.series
-- Returns: nothing
create or replace function timeseries.make_time_series(
    target regclass, time_column name, partition_interval interval
) returns void
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
declare
    name_of_schema name;
    name_of_table name;
begin
    if exists (select from pg_extension where extname = 'timescaledb') then
        perform create_hypertable(
            target, by_range(time_column, partition_interval), create_default_indexes => false
        );
        insert into timeseries.series values (target, time_column, partition_interval);
        return;
    end if;

    select n.nspname, c.relname into name_of_schema, name_of_table
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where c.oid = target;

    -- PostgreSQL cannot partition an existing table, so its definition moves to a new one. The old table is dropped
    -- first, so that indexes and constraints get the same names as with TimescaleDB.
    execute format('create table timeseries.definition (like %s including all)', target);
    execute format('drop table %s', target);
    execute format(
        'create table %I.%I (like timeseries.definition including all) partition by range (%I)',
        name_of_schema, name_of_table, time_column
    );
    drop table timeseries.definition;
    insert into timeseries.series
    values (format('%I.%I', name_of_schema, name_of_table)::regclass, time_column, partition_interval);
end;
$$;

comment on function timeseries.make_time_series is
'Turn a table into a hypertable if TimescaleDB is installed, else into a range-partitioned table.';
