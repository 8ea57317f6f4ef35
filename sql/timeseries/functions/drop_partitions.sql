-- Drop whole partitions or chunks that hold only old rows; safe to repeat.
-- It runs with its owner's rights. Dropping locks the table for a moment. If another session holds the table for longer
-- than the time-out below, the call fails with lock_not_available and has dropped nothing; repeat it later.
-- Parameters: target, a table of timeseries.series; older_than, only partitions that end at or before this time;
-- only_within, only partitions that lie wholly in these times (default: all); partitions_max, at most this many
-- Writes: the table's partitions
-- Returns: the qualified names of the dropped partitions and the time that each held, oldest first
create or replace function timeseries.drop_partitions(
    target regclass,
    older_than timestamptz,
    only_within tstzmultirange default '{(,)}',
    partitions_max integer default 100
) returns table (partition_name text, during tstzrange)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    entry record;
    name_of_extension_schema name;
begin
    select n.nspname into name_of_extension_schema
    from pg_extension as e
    inner join pg_namespace as n on e.extnamespace = n.oid
    where e.extname = 'timescaledb';

    for entry in
        select p.partition_name, p.during
        from timeseries.list_partitions(target) as p
        where upper(p.during) <= older_than and p.during <@ only_within
        order by p.during
        limit partitions_max
    loop
        if name_of_extension_schema is null then
            execute format('drop table %s', entry.partition_name);
        else
            execute format(
                'select %I.drop_chunks($1, older_than => $2, newer_than => $3)', name_of_extension_schema
            ) using target, upper(entry.during), lower(entry.during);
        end if;
        partition_name := entry.partition_name;
        during := entry.during;
        return next;
    end loop;
end;
$$;

comment on function timeseries.drop_partitions is
'Drop partitions or chunks that hold only rows older than a given time; returns their names and times.';

-- The schema that holds the tables grants the right to call it.
revoke execute on function timeseries.drop_partitions from public;
