-- Make packed trades of some markets and days hot.
-- Parameters: days, those of pg_temp.staged_market_hours at least
-- Reads: pg_temp.staged_market_hours
-- Writes: market_data.packed_trades, market_data.hot_trades
-- Returns: how many trades became hot
create or replace function ops.unpack_trades(days timestamptz[]) returns bigint
language plpgsql
as $$
declare
    unpacked bigint;
begin
    insert into market_data.hot_trades (
        exchange_ts, trade_id, market_ticker, yes_price, no_price, size, taker_side, is_block_trade, received_at,
        gatherer_id, time_digits
    )
    select
        u.exchange_ts, u.trade_id, u.market_ticker, u.yes_price, u.no_price, u.size, u.taker_side, u.is_block_trade,
        u.received_at, u.gatherer_id, u.time_digits
    from pg_temp.staged_market_hours as t
    inner join market_data.trades_unpacked as u on t.hour = u.day and t.market_ticker = u.market_ticker
    where u.day = any(days);
    get diagnostics unpacked = row_count;
    delete from market_data.packed_trades as p using pg_temp.staged_market_hours as t
    where p.day = any(days) and p.market_ticker = t.market_ticker and p.day = t.hour;
    return unpacked;
end;
$$;

comment on function ops.unpack_trades is 'Make packed trades of some markets and days hot.';
