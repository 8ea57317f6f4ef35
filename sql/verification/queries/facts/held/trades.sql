-- List production's trades for the comparison. The feed gives milliseconds or whole seconds.
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
    exchange_ts,
    case when exchange_ts = date_trunc('second', exchange_ts) then 0 else 3 end as time_digits
from market_data.trades;
