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
            held as materialized (select * from %1$s as t where %2$s),
            extra as materialized (select * from archived_rows except all select * from held),
            missing as materialized (select * from held except all select * from archived_rows)
            select
                (select count(*) from extra),
                (select count(*) from missing),
                (select to_jsonb(e) from extra as e limit 1),
                (select to_jsonb(m) from missing as m limit 1)
        $query$,
        target,
        case when time_column is null then 'true' else format('t.%1$I >= $1 and t.%1$I < $2', time_column) end
    ) using from_at, until_at;
end;
$$;

comment on function ops.compare_archived_rows is 'Compare rows of a file, one by one, with what production holds.';
