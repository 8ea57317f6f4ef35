-- Write the values of a market summary as whole numbers, in units of the last decimal place of each.
-- Parameters: the values in the order of market_data.tickers
-- Returns: the numbers, null for each null; null instead of all if arrays cannot hold one of the values
create or replace function ops.ticker_units(
    last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric,
    last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint
) returns bigint[]
language sql
immutable
parallel safe
as $$
    select
        case
            when
                coalesce(
                    greatest(
                        scale(last_price), scale(yes_bid), scale(yes_ask), scale(yes_bid_size), scale(yes_ask_size),
                        scale(last_trade_size), scale(volume), scale(open_interest)
                    ) <= 4,
                    true
                )
                and coalesce(
                    least(
                        last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, last_trade_size, volume, open_interest
                    ) >= 0,
                    true
                )
                -- What is not a number is larger than all numbers.
                and coalesce(
                    greatest(
                        last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, last_trade_size, volume, open_interest
                    ) < 100000000000000,
                    true
                )
                and coalesce(least(dollar_volume, dollar_open_interest) >= 0, true)
                and coalesce(greatest(dollar_volume, dollar_open_interest) < 1::bigint << 60, true)
                then array[
                    last_price * ('{1,10,100,1000,10000}'::integer[])[scale(last_price) + 1],
                    yes_bid * ('{1,10,100,1000,10000}'::integer[])[scale(yes_bid) + 1],
                    yes_ask * ('{1,10,100,1000,10000}'::integer[])[scale(yes_ask) + 1],
                    yes_bid_size * ('{1,10,100,1000,10000}'::integer[])[scale(yes_bid_size) + 1],
                    yes_ask_size * ('{1,10,100,1000,10000}'::integer[])[scale(yes_ask_size) + 1],
                    last_trade_size * ('{1,10,100,1000,10000}'::integer[])[scale(last_trade_size) + 1],
                    volume * ('{1,10,100,1000,10000}'::integer[])[scale(volume) + 1],
                    open_interest * ('{1,10,100,1000,10000}'::integer[])[scale(open_interest) + 1],
                    dollar_volume, dollar_open_interest
                ]::bigint[]
        end;
$$;

comment on function ops.ticker_units is 'The values of a market summary in units of the last decimal place of each.';
