-- Make packed market summaries of some markets and hours hot.
-- Parameters: hours, those of pg_temp.staged_market_hours at least
-- Reads: pg_temp.staged_market_hours
-- Writes: market_data.packed_tickers, market_data.hot_tickers
-- Returns: how many summaries became hot
create or replace function ops.unpack_tickers(hours timestamptz[]) returns bigint
language plpgsql
as $$
declare
    unpacked bigint;
begin
    insert into market_data.hot_tickers (
        exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size,
        last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest, received_at, gatherer_id,
        time_digits
    )
    select
        u.exchange_ts, u.market_ticker, u.values_sha256, u.market_id, u.last_price, u.yes_bid, u.yes_ask,
        u.yes_bid_size, u.yes_ask_size, u.last_trade_size, u.volume, u.open_interest, u.dollar_volume,
        u.dollar_open_interest, u.received_at, u.gatherer_id, u.time_digits
    from pg_temp.staged_market_hours as t
    inner join market_data.tickers_unpacked as u on t.hour = u.hour and t.market_ticker = u.market_ticker
    where u.hour = any(hours);
    get diagnostics unpacked = row_count;
    delete from market_data.packed_tickers as p using pg_temp.staged_market_hours as t
    where p.hour = any(hours) and p.market_ticker = t.market_ticker and p.hour = t.hour;
    return unpacked;
end;
$$;

comment on function ops.unpack_tickers is 'Make packed market summaries of some markets and hours hot.';
