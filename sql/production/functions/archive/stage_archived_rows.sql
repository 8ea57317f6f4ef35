-- Copy rows of a file into the stage, so that the merge adds those that production lacks.
-- Reads: pg_temp.archived_rows
-- Writes: pg_temp.stage
-- Returns: nothing
create or replace function ops.stage_archived_rows() returns void
language plpgsql
as $$
declare
    listed text;
begin
    select string_agg(format('%I', a.attname), ', ' order by a.attnum) into listed
    from pg_attribute as a
    where a.attrelid = 'pg_temp.archived_rows'::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('insert into pg_temp.stage (%1$s, ingest_xid) select %1$s, ''0'' from archived_rows', listed);
end;
$$;

comment on function ops.stage_archived_rows is 'Copy rows of a file into the stage.';
