-- Make packed order-book snapshots of some markets and days hot.
-- Parameters: days, those of pg_temp.staged_market_hours at least
-- Reads: pg_temp.staged_market_hours
-- Writes: market_data.packed_orderbook_snapshots, market_data.hot_orderbook_snapshots
-- Returns: how many snapshots became hot
create or replace function ops.unpack_snapshots(days timestamptz[]) returns bigint
language plpgsql
as $$
declare
    unpacked bigint;
begin
    insert into market_data.hot_orderbook_snapshots (
        received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes, no_prices,
        no_sizes, gatherer_id, last_change_at
    )
    select
        u.received_at, u.market_ticker, u.market_id, u.clock, u.levels_sha256, u.occurrence, u.yes_prices, u.yes_sizes,
        u.no_prices, u.no_sizes, u.gatherer_id, u.last_change_at
    from pg_temp.staged_market_hours as t
    inner join market_data.snapshots_unpacked as u on t.hour = u.day and t.market_ticker = u.market_ticker
    where u.day = any(days);
    get diagnostics unpacked = row_count;
    delete from market_data.packed_orderbook_snapshots as p using pg_temp.staged_market_hours as t
    where p.day = any(days) and p.market_ticker = t.market_ticker and p.day = t.hour;
    return unpacked;
end;
$$;

comment on function ops.unpack_snapshots is 'Make packed order-book snapshots of some markets and days hot.';
