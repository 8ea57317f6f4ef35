-- List the times whose rows are old, or lie in a future that only a wrong clock can have written, and that are
-- acknowledged by the deduplicator.
-- Each partition in the result stays locked against writers until the transaction ends, so the result stays correct.
-- Parameters: target, a table of timeseries.series; older_than, partitions that end at or before this time;
-- newer_than, partitions that begin after this time
-- Reads: the table's partitions, capture.acknowledgements
-- Returns: the times of the partitions that may be dropped
create or replace function capture.acknowledged_times(
    target regclass, older_than timestamptz, newer_than timestamptz default 'infinity'
) returns tstzmultirange
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    entry record;
    found_times tstzmultirange := '{}';
begin
    for entry in
        select p.partition_name, p.during
        from timeseries.list_partitions(target) as p
        where upper(p.during) <= older_than or lower(p.during) > newer_than
    loop
        -- Checked first without a lock, so that a partition that has to stay is not locked; then again under the lock.
        if capture.is_acknowledged(target, entry.partition_name) then
            execute format('lock table %s in share mode', entry.partition_name::regclass);
            if capture.is_acknowledged(target, entry.partition_name) then
                found_times := found_times + entry.during::tstzmultirange;
            end if;
        end if;
    end loop;
    return found_times;
end;
$$;

comment on function capture.acknowledged_times is 'The times whose rows are old and acknowledged by the deduplicator.';
