-- Make packed changes hot that staged ones may be copies of: those of the same market and hour, and of the next hour if
-- it is less than 15 min away. No hour of the stage is packed until the transaction ends.
-- Reads: pg_temp.stage
-- Writes: market_data.packed_orderbook_deltas, market_data.hot_orderbook_deltas, ops.packed_hours, new partitions
-- Returns: how many changes became hot
create or replace function ops.unpack_staged_deltas() returns bigint
language plpgsql
as $$
declare
    touched_hours constant timestamptz[] := array(
        select distinct h.hour
        from (
            select date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as staged_hour, min(s.exchange_ts) as from_at,
                max(s.exchange_ts) as until_at
            from pg_temp.stage as s
            group by 1
        ) as e
        cross join lateral generate_series(
            date_bin('1 h', e.from_at - interval '15 min', '2000-01-01 00:00:00+00'), e.until_at + interval '15 min',
            interval '1 h'
        ) as h (hour)
    );
    unpacked bigint;
begin
    -- Packing waits for no merge while it locks a row, so the order matters not.
    perform from ops.hour_locks as l
    where l.number in (select ops.hour_lock(h.hour) from unnest(touched_hours) as h (hour))
    for key share;
    if not exists (
        select from ops.packed_hours as p where p.stream = 'orderbook_deltas' and p.hour = any(touched_hours)
    ) then
        return 0;
    end if;

    create temporary table if not exists staged_market_hours (hour timestamptz, market_ticker text collate "C")
    on commit delete rows;
    delete from pg_temp.staged_market_hours;
    insert into pg_temp.staged_market_hours (hour, market_ticker)
    select distinct h.hour, s.market_ticker
    from pg_temp.stage as s
    cross join lateral generate_series(
        date_bin('1 h', s.exchange_ts - interval '15 min', '2000-01-01 00:00:00+00'),
        s.exchange_ts + interval '15 min', interval '1 h'
    ) as h (hour)
    inner join ops.packed_hours as p on p.stream = 'orderbook_deltas' and h.hour = p.hour;

    update ops.packed_hours as p
    set
        packed_at = null,
        next_ticker = case when p.packed_at is null then least(p.next_ticker, m.first_ticker) else m.first_ticker end
    from (
        select t.hour, min(t.market_ticker) as first_ticker from pg_temp.staged_market_hours as t group by t.hour
    ) as m
    where p.stream = 'orderbook_deltas' and p.hour = m.hour;
    perform timeseries.ensure_partition('market_data.hot_orderbook_deltas', h.hour)
    from (select distinct t.hour from pg_temp.staged_market_hours as t) as h;

    insert into market_data.hot_orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
    )
    select
        u.exchange_ts, u.market_ticker, u.clock, u.side, u.price, u.size_delta, u.occurrence, u.received_at,
        u.gatherer_id, u.time_digits
    from pg_temp.staged_market_hours as t
    inner join market_data.deltas_unpacked as u on t.hour = u.hour and t.market_ticker = u.market_ticker
    where u.hour = any(touched_hours);
    get diagnostics unpacked = row_count;
    delete from market_data.packed_orderbook_deltas as p using pg_temp.staged_market_hours as t
    where p.hour = any(touched_hours) and p.market_ticker = t.market_ticker and p.hour = t.hour;
    return unpacked;
end;
$$;

comment on function ops.unpack_staged_deltas is 'Make packed changes hot that staged ones may be copies of.';
