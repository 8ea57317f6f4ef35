-- Put rows of a file where polled rows are staged, so that the merge tells which of them production lacks.
-- Parameters: stage, the stream's stage table
-- Reads: pg_temp.archived_rows
-- Writes: the stage table
-- Returns: nothing
create or replace function ops.stage_archived(stage regclass) returns void
language plpgsql
as $$
declare
    listed text;
begin
    select string_agg(format('%I', a.attname), ', ' order by a.attnum) into listed
    from pg_attribute as a
    where a.attrelid = 'pg_temp.archived_rows'::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('insert into %1$s (%2$s, ingest_xid) select %2$s, ''0'' from archived_rows', stage, listed);
end;
$$;

comment on function ops.stage_archived is 'Put rows of a file where polled rows are staged.';
