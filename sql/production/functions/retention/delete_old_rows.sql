-- Delete old rows of the tables without partitions, a bounded number of each table. Rows from which a stream of the
-- archive is derived stay until its hours are verified; then the archive alone holds those hours.
-- It runs with its owner's rights, so that the role that merges can delete nothing else.
-- Parameters: days_min, how long rows are kept at least, by what ops.bounded_tables calls kept_as; a table without an
-- entry is left alone; rows_max, how many rows of each table one call deletes
-- Reads: what ops.unverified_since reads
-- Writes: the tables of ops.bounded_tables, ops.dropped_partitions
-- Returns: how many rows were deleted of each table of which any were
create or replace function ops.delete_old_rows(days_min jsonb, rows_max integer)
returns table (target text, deleted_rows bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    entry record;
    days integer;
    older_than timestamptz;
begin
    for entry in select b.target, b.moment, b.kept_as, b.archived_as from ops.bounded_tables() as b loop
        days := (days_min ->> entry.kept_as)::integer;
        continue when days is null;
        if days < 1 then
            raise exception 'rows of % are to be kept for % days: at least one is needed', entry.target, days;
        end if;
        older_than := now() - make_interval(days => days);
        if entry.archived_as is not null then
            -- A row may reach into hours of the days after its time.
            select least(older_than, min(date_trunc('day', ops.unverified_since(s.stream))) - interval '3 days')
            into older_than
            from unnest(entry.archived_as) as s (stream);
        end if;
        execute format(
            'delete from %s where ctid = any(array(select ctid from %s where %s < $1 limit $2))',
            entry.target, entry.target, entry.moment
        ) using older_than, rows_max;
        get diagnostics deleted_rows = row_count;
        target := entry.target;
        if deleted_rows > 0 then
            if entry.archived_as is not null then
                -- A row of a day may be deleted before all of the day is that old.
                perform ops.record_derived_drop(
                    s.stream, date_trunc('day', older_than - interval '1 us') + interval '1 day'
                )
                from unnest(entry.archived_as) as s (stream);
            end if;
            return next;
        end if;
    end loop;
end;
$$;

comment on function ops.delete_old_rows is
'Delete old rows of the tables without partitions; returns how many of each.';

revoke execute on function ops.delete_old_rows from public;
