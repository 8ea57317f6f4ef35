-- List production's trades for the comparison.
-- Reads: market_data.trades
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, exchange_ts, time_digits)
select
    trade_id as subject,
    jsonb_strip_nulls(
        jsonb_build_object(
            'market_ticker', market_ticker, 'yes_price', yes_price, 'no_price', no_price, 'size', size,
            'taker_side', taker_side, 'is_block_trade', is_block_trade
        )
    ) as labels,
    case when time_digits is not null then exchange_ts end as exchange_ts,
    time_digits
from market_data.trades;
