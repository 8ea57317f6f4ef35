-- Create the tables in which a session works out which packed rows staged ones need, if it has none yet, and empty
-- them. They also empty themselves at each commit. A table that another role made in this session is refused: its
-- triggers would run with the rights of whoever calls this.
-- Reads: the catalogue
-- Writes: pg_temp.packed_copies, staged_market_hours
-- Returns: nothing
create or replace function ops.create_packing_tables() returns void
language plpgsql
as $$
begin
    if exists (
        select from pg_class as c
        where
            c.oid in (to_regclass('pg_temp.packed_copies'), to_regclass('pg_temp.staged_market_hours'))
            and pg_get_userbyid(c.relowner) <> current_user
    ) then
        raise exception 'this session has tables of another role, which % must not write', current_user
        using errcode = 'insufficient_privilege';
    end if;
    if to_regclass('pg_temp.packed_copies') is not null then
        delete from pg_temp.packed_copies;
        delete from pg_temp.staged_market_hours;
        return;
    end if;
    -- The staged rows that packed rows hold.
    create temporary table packed_copies (
        place tid not null
    ) on commit delete rows;
    -- The markets and packed hours that the other staged rows need.
    create temporary table staged_market_hours (
        hour timestamptz not null,
        market_ticker text collate "C" not null
    ) on commit delete rows;
end;
$$;

comment on function ops.create_packing_tables is
'Create the tables in which a session works out which packed rows staged ones need.';
