-- Count and add up what production holds of a time, to compare it with a file.
-- Parameters: target, a table; time_column, null for the whole table; from_at, until_at
-- Reads: the table
-- Returns: per gatherer (null if the table has no such column) the number of rows, first and last time, and the sum of
-- each column of decimals or bigints as text
create or replace function ops.control_totals(
    target regclass, time_column name, from_at timestamptz, until_at timestamptz
) returns table (gatherer_id smallint, row_count bigint, first_at timestamptz, last_at timestamptz, sums jsonb)
language plpgsql
stable
as $$
declare
    summed text;
    gatherer text;
begin
    select
        string_agg(format('%L, sum(t.%I)::text', a.attname, a.attname), ', ' order by a.attnum)
        filter (where a.atttypid in ('numeric'::regtype, 'bigint'::regtype)),
        coalesce(max('t.gatherer_id') filter (where a.attname = 'gatherer_id'), 'null::smallint')
    into summed, gatherer
    from pg_attribute as a
    where a.attrelid = target and a.attnum > 0 and not a.attisdropped;
    return query execute format(
        $query$
            select
                %1$s,
                count(*),
                min(%2$s),
                max(%2$s),
                jsonb_build_object(%3$s)
            from %4$s
            group by 1
        $query$,
        gatherer,
        case when time_column is null then 'null::timestamptz' else format('t.%I', time_column) end,
        summed,
        ops.rows_expression(target, time_column)
    ) using from_at, until_at;
end;
$$;

comment on function ops.control_totals is 'Rows and sums of what production holds of a time, to compare with a file.';
