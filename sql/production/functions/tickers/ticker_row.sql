-- Write what is known of a market summary as one object, its time included if that is known to the millisecond.
-- Parameters: summary, all columns of the row; exchange_ts and time_digits of it
-- Returns: the object; it has no nulls
create or replace function ops.ticker_row(summary jsonb, exchange_ts timestamptz, time_digits smallint) returns jsonb
language sql
immutable
parallel safe
as $$
    select jsonb_strip_nulls(
        jsonb_build_object(
            'exchange_ts', case when time_digits >= 3 then extract(epoch from exchange_ts) end,
            'market_id', summary -> 'market_id', 'last_price', summary -> 'last_price',
            'yes_bid', summary -> 'yes_bid', 'yes_ask', summary -> 'yes_ask',
            'yes_bid_size', summary -> 'yes_bid_size', 'yes_ask_size', summary -> 'yes_ask_size',
            'last_trade_size', summary -> 'last_trade_size', 'volume', summary -> 'volume',
            'open_interest', summary -> 'open_interest', 'dollar_volume', summary -> 'dollar_volume',
            'dollar_open_interest', summary -> 'dollar_open_interest'
        )
    );
$$;

comment on function ops.ticker_row is 'What is known of a market summary, as one object.';
