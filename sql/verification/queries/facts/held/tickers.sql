-- List production's market summaries for the comparison. The feed gives milliseconds or whole seconds.
-- Reads: market_data.tickers
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, exchange_ts, time_digits)
select
    market_ticker as subject,
    jsonb_strip_nulls(
        jsonb_build_object(
            'market_id', market_id, 'last_price', last_price, 'yes_bid', yes_bid, 'yes_ask', yes_ask,
            'yes_bid_size', yes_bid_size, 'yes_ask_size', yes_ask_size,
            'last_trade_size', last_trade_size, 'volume', volume, 'open_interest', open_interest,
            'dollar_volume', dollar_volume, 'dollar_open_interest', dollar_open_interest
        )
    ) as labels,
    exchange_ts,
    case when exchange_ts = date_trunc('second', exchange_ts) then 0 else 3 end as time_digits
from market_data.tickers;
