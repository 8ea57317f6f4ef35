-- List production's market summaries for the comparison: equal ones without a time once, however far apart they came.
-- Reads: market_data.tickers
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, from_at, until_at)
with
known as (
    select
        market_ticker,
        exchange_ts,
        values_sha256,
        time_digits,
        jsonb_strip_nulls(
            jsonb_build_object(
                'market_id', market_id, 'last_price', last_price, 'yes_bid', yes_bid, 'yes_ask', yes_ask,
                'yes_bid_size', yes_bid_size, 'yes_ask_size', yes_ask_size,
                'last_trade_size', last_trade_size, 'volume', volume, 'open_interest', open_interest,
                'dollar_volume', dollar_volume, 'dollar_open_interest', dollar_open_interest
            )
        ) || pg_temp.time_labels(exchange_ts, time_digits) as labels
    from market_data.tickers
)

select
    market_ticker as subject,
    labels,
    min(exchange_ts) as from_at,
    max(exchange_ts) as until_at
from known
group by market_ticker, labels, values_sha256, case when time_digits is not null then exchange_ts end;
