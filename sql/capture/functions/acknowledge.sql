-- Record up to which transaction a stream is merged and durable in production, so that older rows may be dropped.
-- The only function that writes and that the deduplicator may call; it runs with its owner's rights. A position never
-- goes back.
-- Parameters: stream, the name of a sync view without _v1; ingest_xid, the last transaction that is merged
-- Reads: the catalogue
-- Writes: capture.acknowledgements
-- Returns: the position after the call
create or replace function sync.acknowledge(stream text, ingest_xid xid8) returns xid8
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    acknowledged xid8;
begin
    if not exists (
        select from pg_class as c
        inner join pg_attribute as a on c.oid = a.attrelid and a.attname = 'ingest_xid'
        where c.relnamespace = 'sync'::regnamespace and c.relkind = 'v' and c.relname = acknowledge.stream || '_v1'
    ) then
        raise exception 'unknown stream %', acknowledge.stream using errcode = 'invalid_parameter_value';
    end if;
    if acknowledge.ingest_xid is null or acknowledge.ingest_xid >= pg_snapshot_xmin(pg_current_snapshot()) then
        raise exception 'transaction % of stream % cannot have been read yet', acknowledge.ingest_xid, acknowledge.stream
        using
            errcode = 'invalid_parameter_value',
            hint = 'The position belongs to another epoch: this database was rebuilt or restored.';
    end if;
    insert into capture.acknowledgements as a (stream, ingest_xid)
    values (acknowledge.stream, acknowledge.ingest_xid)
    on conflict on constraint acknowledgements_pkey do update
    set
        ingest_xid = greatest(a.ingest_xid, excluded.ingest_xid),
        acknowledged_at = now()
    returning a.ingest_xid into acknowledged;
    return acknowledged;
end;
$$;

comment on function sync.acknowledge is 'Record up to which transaction a stream is merged; returns the position.';

revoke execute on function sync.acknowledge from public;
