-- List the staged rows that packed rows hold, so that no merge inserts them again.
-- Reads: pg_temp.packed_copies
-- Returns: their places in the stage
create or replace function ops.packed_copies() returns setof tid
language plpgsql
as $$
begin
    if to_regclass('pg_temp.packed_copies') is not null then
        return query select c.place from pg_temp.packed_copies as c;
    end if;
end;
$$;

comment on function ops.packed_copies is 'The staged rows that packed rows hold.';
