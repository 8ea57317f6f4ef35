-- Make packed order-book changes of some markets and hours hot.
-- Parameters: hours, those of pg_temp.staged_market_hours at least
-- Reads: pg_temp.staged_market_hours
-- Writes: market_data.packed_orderbook_deltas, market_data.hot_orderbook_deltas
-- Returns: how many changes became hot
create or replace function ops.unpack_deltas(hours timestamptz[]) returns bigint
language plpgsql
as $$
declare
    unpacked bigint;
begin
    insert into market_data.hot_orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
    )
    select
        u.exchange_ts, u.market_ticker, u.clock, u.side, u.price, u.size_delta, u.occurrence, u.received_at,
        u.gatherer_id, u.time_digits
    from pg_temp.staged_market_hours as t
    inner join market_data.deltas_unpacked as u on t.hour = u.hour and t.market_ticker = u.market_ticker
    where u.hour = any(hours);
    get diagnostics unpacked = row_count;
    delete from market_data.packed_orderbook_deltas as p using pg_temp.staged_market_hours as t
    where p.hour = any(hours) and p.market_ticker = t.market_ticker and p.hour = t.hour;
    return unpacked;
end;
$$;

comment on function ops.unpack_deltas is 'Make packed order-book changes of some markets and hours hot.';
