-- List the published market summaries for the comparison: each set of values once. A form without a time is a copy of
-- one with a time, and need add nothing to it: see ops.merge_undated_tickers.
-- Reads: pg_temp.published_ticker
-- Writes: pg_temp.published_form
-- Returns: nothing
insert into published_form (line_number, form, subject, labels, is_once)
select
    line_number,
    form,
    market_ticker as subject,
    jsonb_strip_nulls(
        jsonb_build_object(
            'market_id', market_id, 'last_price', last_price, 'yes_bid', yes_bid, 'yes_ask', yes_ask,
            'yes_bid_size', yes_bid_size, 'yes_ask_size', yes_ask_size,
            'last_trade_size', last_trade_size, 'volume', volume, 'open_interest', open_interest,
            'dollar_volume', dollar_volume, 'dollar_open_interest', dollar_open_interest
        )
    ) || pg_temp.time_labels(exchange_ts, least(time_digits, 3)) as labels,
    true as is_once
from (
    select
        *,
        bool_or(form > 0 and exchange_ts is not null) over (partition by line_number) as has_time
    from published_ticker
    where is_readable
) as t
where form <= 0 or exchange_ts is not null or not has_time;
