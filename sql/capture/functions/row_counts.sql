-- Count the rows that this gatherer holds, per table.
-- Reads: every table of timeseries.series, capture.gaps, capture.quarantine
-- Returns: name of the table, rows
create or replace function capture.row_counts() returns table (stream name, counted bigint)
language plpgsql
stable
as $$
declare
    target regclass;
begin
    for target in
        select s.target from timeseries.series as s
        union all
        values ('capture.gaps'::regclass), ('capture.quarantine'::regclass)
    loop
        return query execute format('select c.relname, (select count(*) from %s) from pg_class as c where c.oid = $1', target)
        using target;
    end loop;
end;
$$;

comment on function capture.row_counts is 'How many rows this gatherer holds, per table.';
