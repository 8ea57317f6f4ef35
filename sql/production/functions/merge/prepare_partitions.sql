-- Make the partitions that staged rows need, before they are merged.
-- Parameters: time_column of the stage; target, the time series; late_days_max, older rows are refused anyway
-- Reads: pg_temp.stage
-- Writes: new partitions
-- Returns: how many were made
create or replace function ops.prepare_partitions(time_column name, target regclass, late_days_max integer)
returns bigint
language plpgsql
as $$
declare
    span tstzrange := ops.accepted(late_days_max);
    made bigint;
begin
    execute format(
        $query$
            select count(*) filter (where timeseries.ensure_partition($1, moment))
            from (
                select min(s.%1$I) as moment
                from pg_temp.stage as s
                where s.%1$I between $2 and $3
                group by date_bin('1 hour', s.%1$I, '2000-01-01 00:00:00+00')
            ) as hours
        $query$,
        time_column
    ) into made using target, lower(span), upper(span);
    return made;
end;
$$;

comment on function ops.prepare_partitions is 'Make the partitions that staged rows need.';
