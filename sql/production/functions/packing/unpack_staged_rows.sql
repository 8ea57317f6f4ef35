-- Make packed rows hot that staged ones may change: those of the same market and hour, and of the next hour if it is
-- less than the stream's slack away. A staged row that packed rows hold changes none, so a gatherer that is hours late
-- makes none hot by what others sent before. No hour of the stage is packed until the transaction ends.
-- Parameters: wanted_stream, the stream of the stage; it needs not be one whose hours are packed
-- Reads: pg_temp.stage
-- Writes: pg_temp.packed_copies, and what ops.unpack_market_hours writes
-- Returns: how many rows became hot
create or replace function ops.unpack_staged_rows(wanted_stream text) returns bigint
language plpgsql
as $$
declare
    packing record;
    touched_hours timestamptz[];
begin
    select s.slack into packing from ops.packed_streams() as s where s.stream = wanted_stream;
    if not found then
        return 0;
    end if;
    perform ops.create_packing_tables();
    touched_hours := array(
        select distinct h.hour
        from (
            select date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as staged_hour, min(s.exchange_ts) as from_at,
                max(s.exchange_ts) as until_at
            from pg_temp.stage as s
            group by 1
        ) as e
        cross join lateral generate_series(
            date_bin('1 h', e.from_at - packing.slack, '2000-01-01 00:00:00+00'), e.until_at + packing.slack,
            interval '1 h'
        ) as h (hour)
    );
    touched_hours := ops.lock_hours(wanted_stream, touched_hours);
    if touched_hours = '{}' then
        return 0;
    end if;
    if wanted_stream = 'orderbook_deltas' then
        perform ops.find_packed_deltas(touched_hours);
    else
        perform ops.find_packed_tickers(touched_hours);
    end if;

    insert into pg_temp.staged_market_hours (hour, market_ticker)
    select distinct h.hour, s.market_ticker
    from pg_temp.stage as s
    cross join lateral generate_series(
        date_bin('1 h', s.exchange_ts - packing.slack, '2000-01-01 00:00:00+00'), s.exchange_ts + packing.slack,
        interval '1 h'
    ) as h (hour)
    where h.hour = any(touched_hours) and s.ctid not in (select c.place from pg_temp.packed_copies as c);
    if not found then
        return 0;
    end if;
    return ops.unpack_market_hours(wanted_stream, touched_hours);
end;
$$;

comment on function ops.unpack_staged_rows is 'Make packed rows hot that staged ones may change.';
