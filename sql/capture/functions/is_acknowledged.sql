-- Return whether the deduplicator has acknowledged every row of one partition.
-- Parameters: target, a table of timeseries.series; partition_name, one of its partitions or chunks
-- Reads: the partition, capture.acknowledgements
-- Returns: true if the newest row is acknowledged, or the partition is empty
create or replace function capture.is_acknowledged(target regclass, partition_name text) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    newest xid8;
    acknowledged xid8;
begin
    execute format('select ingest_xid from %s order by ingest_xid desc limit 1', partition_name::regclass)
    into newest;
    select a.ingest_xid into acknowledged
    from capture.acknowledgements as a
    inner join pg_class as c on a.stream = c.relname
    where c.oid = target;
    return newest is null or coalesce(newest <= acknowledged, false);
end;
$$;

comment on function capture.is_acknowledged is 'Whether the deduplicator has acknowledged every row of one partition.';
