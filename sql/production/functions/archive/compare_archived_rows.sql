-- Compare rows of a file, one by one, with what production holds of its time.
-- Parameters: target, the stream's table; time_column, null for the whole table; from_at, until_at
-- Reads: the table, pg_temp.archived_rows
-- Returns: how many rows only the file has, how many only production has, and one of each
create or replace function ops.compare_archived_rows(
    target regclass, time_column name, from_at timestamptz, until_at timestamptz
) returns table (only_archived bigint, only_production bigint, archived_row jsonb, production_row jsonb)
language plpgsql
as $$
begin
    return query execute format(
        $query$
            with
            held as materialized (select * from %s),
            extra as materialized (select * from archived_rows except all select * from held),
            missing as materialized (select * from held except all select * from archived_rows)
            select
                (select count(*) from extra),
                (select count(*) from missing),
                (select to_jsonb(e) from extra as e limit 1),
                (select to_jsonb(m) from missing as m limit 1)
        $query$,
        ops.rows_expression(target, time_column)
    ) using from_at, until_at;
end;
$$;

comment on function ops.compare_archived_rows is 'Compare rows of a file, one by one, with what production holds.';
