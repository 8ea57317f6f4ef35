-- List how many decimal places each value of a market summary has.
-- Parameters: the values in the order of market_data.tickers
-- Returns: the numbers of places, null for each null
create or replace function ops.ticker_scales(
    last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric,
    last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint
) returns smallint[]
language sql
immutable
parallel safe
as $$
    select array[
        scale(last_price), scale(yes_bid), scale(yes_ask), scale(yes_bid_size), scale(yes_ask_size),
        scale(last_trade_size), scale(volume), scale(open_interest), scale(dollar_volume), scale(dollar_open_interest)
    ]::smallint[];
$$;

comment on function ops.ticker_scales is 'How many decimal places each value of a market summary has.';
