-- Make the partitions that staged rows need, before they are merged. Packed rows that they may be copies of become
-- hot. Rows that packed ones hold need none, and rows that production rejects have left the stage.
-- Parameters: time_column of the stage; target, the time series that the rows go to
-- Reads: pg_temp.stage
-- Writes: new partitions, and what ops.unpack_staged_rows writes
-- Returns: how many were made
create or replace function ops.prepare_partitions(time_column name, target regclass) returns bigint
language plpgsql
as $$
declare
    made bigint;
begin
    perform ops.unpack_staged_rows(p.stream) from ops.packed_streams() as p where p.hot_table = target;
    execute format(
        $query$
            select count(*) filter (where timeseries.ensure_partition($1, row_at))
            from (
                select min(s.%1$I) as row_at
                from pg_temp.stage as s
                where s.ctid not in (select c.place from ops.packed_copies() as c (place))
                group by date_bin('1 hour', s.%1$I, '2000-01-01 00:00:00+00')
            ) as hours
        $query$,
        time_column
    ) into made using target;
    return made;
end;
$$;

comment on function ops.prepare_partitions is 'Make the partitions that staged rows need.';
