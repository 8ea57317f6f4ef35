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
    first_times timestamptz[];
    last_times timestamptz[];
    made bigint;
begin
    -- One pass over the stage finds the hours for both purposes.
    execute format(
        $query$
            select coalesce(array_agg(h.first_at), '{}'), coalesce(array_agg(h.last_at), '{}')
            from (
                select min(s.%1$I) as first_at, max(s.%1$I) as last_at
                from pg_temp.stage as s
                group by date_bin('1 hour', s.%1$I, '2000-01-01 00:00:00+00')
            ) as h
        $query$,
        time_column
    ) into first_times, last_times;
    perform ops.unpack_staged_rows(p.stream, first_times, last_times)
    from ops.packed_streams() as p
    where p.hot_table = target;
    if exists (select from ops.packed_copies()) then
        execute format(
            $query$
                select array(
                    select min(s.%1$I)
                    from pg_temp.stage as s
                    where s.ctid not in (select c.place from ops.packed_copies() as c (place))
                    group by date_bin('1 hour', s.%1$I, '2000-01-01 00:00:00+00')
                )
            $query$,
            time_column
        ) into first_times;
    end if;
    select count(*) filter (where timeseries.ensure_partition(target, h.row_at)) into made
    from unnest(first_times) as h (row_at);
    return made;
end;
$$;

comment on function ops.prepare_partitions is 'Make the partitions that staged rows need.';
