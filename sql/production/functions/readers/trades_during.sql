-- List the trades of all markets in a time, hot and packed ones.
-- Parameters: from_at, until_at, trades at or after the first and before the second
-- Reads: market_data.hot_trades, market_data.trades_unpacked
-- Returns: the trades in the columns of market_data.trades
create or replace function market_data.trades_during(from_at timestamptz, until_at timestamptz)
returns table (
    exchange_ts timestamptz,
    trade_id text,
    market_ticker text,
    yes_price numeric,
    no_price numeric,
    size numeric,
    taker_side text,
    is_block_trade boolean,
    received_at timestamptz,
    gatherer_id smallint,
    time_digits smallint
)
language sql
stable
as $$
    select
        h.exchange_ts, h.trade_id, h.market_ticker, h.yes_price, h.no_price, h.size, h.taker_side, h.is_block_trade,
        h.received_at, h.gatherer_id, h.time_digits
    from market_data.hot_trades as h
    where h.exchange_ts >= from_at and h.exchange_ts < until_at
    union all
    select
        u.exchange_ts, u.trade_id, u.market_ticker, u.yes_price, u.no_price, u.size, u.taker_side, u.is_block_trade,
        u.received_at, u.gatherer_id, u.time_digits
    from market_data.trades_unpacked as u
    where
        -- A time minus an interval is no constant while a query is planned.
        u.day >= date_bin('24 h', from_at, '2000-01-01 00:00:00+00') and u.day < until_at
        and u.exchange_ts >= from_at and u.exchange_ts < until_at;
$$;

comment on function market_data.trades_during is
'The trades of all markets in a time.';
