-- List the summaries of all markets in a time, hot and packed ones.
-- Parameters: from_at, until_at, summaries at or after the first and before the second
-- Reads: market_data.hot_tickers, market_data.tickers_unpacked
-- Returns: the summaries in the columns of market_data.tickers
create or replace function market_data.tickers_during(from_at timestamptz, until_at timestamptz)
returns table (
    exchange_ts timestamptz,
    market_ticker text,
    values_sha256 bytea,
    market_id text,
    last_price numeric,
    yes_bid numeric,
    yes_ask numeric,
    yes_bid_size numeric,
    yes_ask_size numeric,
    last_trade_size numeric,
    volume numeric,
    open_interest numeric,
    dollar_volume bigint,
    dollar_open_interest bigint,
    received_at timestamptz,
    gatherer_id smallint,
    time_digits smallint
)
language sql
stable
as $$
    select
        h.exchange_ts, h.market_ticker, h.values_sha256, h.market_id, h.last_price, h.yes_bid, h.yes_ask,
        h.yes_bid_size, h.yes_ask_size, h.last_trade_size, h.volume, h.open_interest, h.dollar_volume,
        h.dollar_open_interest, h.received_at, h.gatherer_id, h.time_digits
    from market_data.hot_tickers as h
    where h.exchange_ts >= from_at and h.exchange_ts < until_at
    union all
    select
        u.exchange_ts, u.market_ticker, u.values_sha256, u.market_id, u.last_price, u.yes_bid, u.yes_ask,
        u.yes_bid_size, u.yes_ask_size, u.last_trade_size, u.volume, u.open_interest, u.dollar_volume,
        u.dollar_open_interest, u.received_at, u.gatherer_id, u.time_digits
    from market_data.tickers_unpacked as u
    where
        -- A time minus an interval is no constant while a query is planned.
        u.hour >= date_bin('1 h', from_at, '2000-01-01 00:00:00+00') and u.hour < until_at
        and u.exchange_ts >= from_at and u.exchange_ts < until_at;
$$;

comment on function market_data.tickers_during is
'The summaries of all markets in a time.';
