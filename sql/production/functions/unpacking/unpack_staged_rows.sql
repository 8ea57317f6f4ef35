-- Make packed rows hot that staged ones may change: those of the same market and hour (for some streams, day), and of
-- the next one if it is less than the stream's slack away. A staged row that packed rows hold changes none, so a
-- gatherer that is hours late makes none hot by what others sent before. No hour of the stage is packed until the
-- transaction ends.
-- Parameters: wanted_stream, the stream of the stage; it needs not be one whose hours are packed; first_times and
-- last_times, of the staged rows of each hour
-- Reads: pg_temp.stage
-- Writes: pg_temp.packed_copies, and what ops.unpack_market_hours writes
-- Returns: how many rows became hot
create or replace function ops.unpack_staged_rows(
    wanted_stream text, first_times timestamptz[], last_times timestamptz[]
) returns bigint
language plpgsql
as $$
declare
    packing record;
    touched_hours timestamptz[];
    staged_hours bigint;
begin
    select s.time_column, s.period, s.slack into packing
    from ops.packed_streams() as s
    where s.stream = wanted_stream;
    if not found then
        return 0;
    end if;
    perform ops.create_packing_tables();
    touched_hours := array(
        select distinct h.hour
        from unnest(first_times, last_times) as e (from_at, until_at)
        cross join lateral generate_series(
            date_bin(packing.period, e.from_at - packing.slack, '2000-01-01 00:00:00+00'),
            e.until_at + packing.slack,
            packing.period
        ) as h (hour)
    );
    touched_hours := ops.lock_hours(wanted_stream, touched_hours);
    if touched_hours = '{}' then
        return 0;
    end if;
    case wanted_stream
        when 'orderbook_deltas' then
            perform ops.find_packed_deltas(touched_hours);
        when 'tickers' then
            perform ops.find_packed_tickers(touched_hours);
        when 'trades' then
            perform ops.find_packed_trades(touched_hours);
        when 'orderbook_snapshots' then
            perform ops.find_packed_snapshots(touched_hours);
    end case;

    execute format(
        $query$
            insert into pg_temp.staged_market_hours (hour, market_ticker)
            select distinct h.hour, s.market_ticker
            from pg_temp.stage as s
            cross join lateral generate_series(
                date_bin($1, s.%1$I - $2, '2000-01-01 00:00:00+00'), s.%1$I + $2, $1
            ) as h (hour)
            where h.hour = any($3) and s.ctid not in (select c.place from pg_temp.packed_copies as c)
        $query$,
        packing.time_column
    ) using packing.period, packing.slack, touched_hours;
    get diagnostics staged_hours = row_count;
    if staged_hours = 0 then
        return 0;
    end if;
    return ops.unpack_market_hours(wanted_stream, touched_hours);
end;
$$;

comment on function ops.unpack_staged_rows is 'Make packed rows hot that staged ones may change.';
