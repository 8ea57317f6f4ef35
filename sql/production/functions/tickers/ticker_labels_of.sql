-- Write which fields a market summary has as one number.
-- Parameters: time_digits, and the fields in the order of market_data.tickers
-- Returns: a bit for each field that is not null; the two lowest are those of the time: one if there is any, and one if
-- it is known to the millisecond
create or replace function ops.ticker_labels_of(
    time_digits smallint, market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric,
    yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint,
    dollar_open_interest bigint
) returns integer
language sql
immutable
parallel safe
as $$
    select
        (time_digits is not null)::integer + case when time_digits >= 3 then 2 else 0 end
        + (market_id is not null)::integer * 4 + (last_price is not null)::integer * 8
        + (yes_bid is not null)::integer * 16 + (yes_ask is not null)::integer * 32
        + (yes_bid_size is not null)::integer * 64 + (yes_ask_size is not null)::integer * 128
        + (last_trade_size is not null)::integer * 256 + (volume is not null)::integer * 512
        + (open_interest is not null)::integer * 1024 + (dollar_volume is not null)::integer * 2048
        + (dollar_open_interest is not null)::integer * 4096;
$$;

comment on function ops.ticker_labels_of is 'Which fields a market summary has, as one number.';
