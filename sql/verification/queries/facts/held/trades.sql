-- List production's trades for the comparison.
-- Reads: market_data.trades
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, from_at, until_at)
select
    trade_id as subject,
    jsonb_strip_nulls(
        jsonb_build_object(
            'market_ticker', market_ticker, 'yes_price', yes_price, 'no_price', no_price, 'size', size,
            'taker_side', taker_side, 'is_block_trade', is_block_trade
        )
    ) || pg_temp.time_labels(exchange_ts, time_digits) as labels,
    exchange_ts as from_at,
    exchange_ts as until_at
from market_data.trades;
