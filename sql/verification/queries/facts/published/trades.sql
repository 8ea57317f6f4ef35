-- List the published trades for the comparison, each once.
-- Reads: pg_temp.published_trade
-- Writes: pg_temp.published_form
-- Returns: nothing
insert into published_form (line_number, form, subject, labels, is_once)
select
    line_number,
    form,
    trade_id as subject,
    jsonb_strip_nulls(
        jsonb_build_object(
            'market_ticker', market_ticker, 'yes_price', yes_price, 'no_price', no_price, 'size', size,
            'taker_side', taker_side, 'is_block_trade', is_block_trade
        )
    ) || pg_temp.time_labels(exchange_ts, least(time_digits, 3)) as labels,
    true as is_once
from published_trade
where is_readable;
