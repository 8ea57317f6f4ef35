-- Create the table that rows of a file pass through on their way back: like the stream's, dropped with the transaction.
-- Parameters: target, the stream's table
-- Writes: pg_temp.archived_rows
-- Returns: its columns in order
create or replace function ops.create_archived_rows(target regclass) returns setof name
language plpgsql
as $$
begin
    execute format('create temporary table archived_rows (like %s) on commit drop', target);
    return query
    select a.attname
    from pg_attribute as a
    where a.attrelid = 'pg_temp.archived_rows'::regclass and a.attnum > 0 and not a.attisdropped
    order by a.attnum;
end;
$$;

comment on function ops.create_archived_rows is 'Create the table that rows of a file pass through on their way back.';
