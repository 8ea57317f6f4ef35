-- Create the partition that holds a given time, if the engine does not do so by itself; safe to repeat.
-- It runs with its owner's rights, so that writers need no right to create tables.
-- Parameters: target, a table of timeseries.series; moment, the time
-- Writes: a new partition of the table
-- Returns: true if a partition was created
create or replace function timeseries.ensure_partition(target regclass, moment timestamptz) returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    entry timeseries.series;
    name_of_schema name;
    name_of_partition text;
    lower_bound timestamptz;
begin
    select * into entry from timeseries.series as s where s.target = ensure_partition.target;
    if not found then
        raise exception 'table % is not a time series', target;
    end if;
    select n.nspname, c.relname into name_of_schema, name_of_partition
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where c.oid = entry.target and c.relkind = 'p';
    if not found then
        return false; -- TimescaleDB creates chunks when rows arrive
    end if;

    lower_bound := date_bin(entry.partition_interval, moment, '2000-01-01 00:00:00+00');
    name_of_partition := name_of_partition || to_char(lower_bound at time zone 'UTC', '"_p"YYYYMMDDHH24');
    if to_regclass(format('%I.%I', name_of_schema, name_of_partition)) is not null then
        return false;
    end if;
    -- Another session that makes a partition of this table waits here. Readers may not lock this row.
    perform from timeseries.series as s where s.target = entry.target for no key update;
    -- to_regclass would answer from what this session remembers, which may be older than the wait.
    if exists (
        select from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = name_of_schema and c.relname = name_of_partition
    ) then
        return false; -- another session created it while this one waited
    end if;
    -- Attaching takes a weaker lock on the table than creating the partition in place, so readers are not blocked.
    execute format(
        'create table %I.%I (like %s including defaults including constraints including storage)',
        name_of_schema, name_of_partition, entry.target
    );
    if entry.partition_interval < interval '1 day' then
        -- It is dropped long before old transaction numbers call for a vacuum. A vacuum for insertions would be wasted.
        execute format(
            'alter table %I.%I set (autovacuum_vacuum_insert_threshold = -1)', name_of_schema, name_of_partition
        );
    end if;
    execute format(
        'alter table %s attach partition %I.%I for values from (%L) to (%L)',
        entry.target, name_of_schema, name_of_partition,
        lower_bound, lower_bound + entry.partition_interval
    );
    return true;
end;
$$;

comment on function timeseries.ensure_partition is
'Create the partition that holds a given time; true if one was created, false if none was needed.';

-- The schema that holds the tables grants the right to call it.
revoke execute on function timeseries.ensure_partition from public;
