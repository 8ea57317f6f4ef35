-- Drop the oldest partition that the archive holds, every hour verified, whatever stream it belongs to, if the database
-- takes more space than it may. A stream that is in use, or into which a late row was merged meanwhile, keeps no
-- other one from being dropped. Rows of the last day stay, and rows that are not verified always stay.
-- It runs with its owner's rights, so that the role that merges can drop nothing else.
-- Parameters: streams, the streams whose partitions may go; bytes_max, the space that the database may take
-- Reads: what ops.droppable_partitions reads
-- Writes: as ops.drop_archived_partitions
-- Returns: what was dropped; no row if nothing is to go or may go
create or replace function ops.drop_for_space(streams text[], bytes_max bigint)
returns table (stream text, partition_name text, during tstzrange)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    oldest record;
    reason_in_use text;
begin
    if pg_database_size(current_database()) <= bytes_max then
        return;
    end if;
    for oldest in
        select p.stream, min(lower(p.during)) as began_at
        from ops.droppable_partitions(streams) as p
        group by p.stream
        order by began_at asc
    loop
        begin
            return query
            select oldest.stream, d.partition_name, d.during
            from ops.drop_archived_partitions(oldest.stream, 1, 1) as d;
            if found then
                return;
            end if;
        exception
            when lock_not_available or serialization_failure or deadlock_detected then
                reason_in_use := sqlerrm;
        end;
    end loop;
    if reason_in_use is not null then
        raise exception '%', reason_in_use using errcode = 'lock_not_available';
    end if;
end;
$$;

comment on function ops.drop_for_space is
'Drop the oldest partition that the archive holds if the database takes more space than it may.';

revoke execute on function ops.drop_for_space from public;
