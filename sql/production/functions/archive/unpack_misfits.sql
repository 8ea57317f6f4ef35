-- Make packed rows hot again of markets and hours, for some streams days, that hold a row that the archive cannot hold.
-- Nothing of these hours is packed until the transaction ends.
-- Parameters: wanted_stream; it needs not be one whose hours are packed; from_at, until_at
-- Reads: the stream's rows
-- Writes: what ops.unpack_market_hours writes
-- Returns: how many rows became hot
create or replace function ops.unpack_misfits(
    wanted_stream text, from_at timestamptz, until_at timestamptz
) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    packing record;
    packed_hours timestamptz[];
begin
    select s.hot_table, s.time_column, s.period into packing
    from ops.packed_streams() as s
    where s.stream = wanted_stream;
    if not found then
        return 0;
    end if;
    perform ops.create_packing_tables();
    packed_hours := ops.lock_hours(
        wanted_stream,
        array(
            select h.hour
            from generate_series(
                date_bin(packing.period, from_at, '2000-01-01 00:00:00+00'), until_at - interval '1 us', packing.period
            ) as h (hour)
        )
    );
    if packed_hours = '{}' then
        return 0;
    end if;
    execute format(
        $query$
            insert into pg_temp.staged_market_hours (hour, market_ticker)
            select distinct date_bin($3, t.%1$I, '2000-01-01 00:00:00+00'), t.market_ticker
            from %2$s
            where (%3$s) is not null and t.market_ticker is not null
        $query$,
        packing.time_column,
        ops.rows_expression(packing.hot_table, packing.time_column),
        ops.misfit_expression(packing.hot_table, packing.hot_table)
    ) using from_at, until_at, packing.period;
    return ops.unpack_market_hours(wanted_stream, packed_hours);
end;
$$;

comment on function ops.unpack_misfits is 'Make packed rows hot that the archive cannot hold.';

revoke execute on function ops.unpack_misfits from public;
