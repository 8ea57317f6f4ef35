-- List the summaries of a market in a time, hot and packed ones. It reads only the hours of that time, which a query of
-- market_data.tickers cannot if the hours are packed.
-- Parameters: wanted_ticker, the market; from_at, until_at, summaries at or after the first and before the second
-- Reads: what market_data.tickers_during reads
-- Returns: the summaries in the columns of market_data.tickers
create or replace function market_data.tickers_of(wanted_ticker text, from_at timestamptz, until_at timestamptz)
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
    -- Both functions are inlined, so this is a condition on the indexes of hot and packed rows, which have this order.
    select d.* from market_data.tickers_during(from_at, until_at) as d
    where d.market_ticker = wanted_ticker collate "C";
$$;

comment on function market_data.tickers_of is
'The summaries of a market in a time, faster than from market_data.tickers.';
