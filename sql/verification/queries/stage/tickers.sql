-- Read the market summaries of an exchange's journal, in any form ever sent.
-- Reads: pg_temp.journal
-- Writes: pg_temp.published_ticker; is_readable is false for a message that no reader could understand.
-- Returns: nothing
create temporary table published_ticker as
with
message as materialized (
    select
        line_number,
        form,
        line #> '{frame, msg}' as msg
    from journal
    where line #>> '{frame, type}' = 'ticker'
),

found as materialized (
    select
        line_number,
        form,
        pg_temp.sent_text(msg -> 'market_ticker') as market_ticker,
        pg_temp.sent_text(msg -> 'market_id') as market_id,
        -- The feed's summaries are known to the millisecond; production holds no more of it.
        date_trunc(
            'milliseconds',
            coalesce(
                pg_temp.sent_time(msg -> 'ts_ms', 1000),
                pg_temp.sent_time(msg -> 'time', 1000000),
                pg_temp.sent_time(msg -> 'ts', 1000000)
            )
        ) as exchange_ts,
        coalesce(
            pg_temp.sent_digits(msg -> 'ts_ms', 1000),
            pg_temp.sent_digits(msg -> 'time', 1000000),
            pg_temp.sent_digits(msg -> 'ts', 1000000)
        ) as time_digits,
        pg_temp.sent_amount(msg -> 'price_dollars', msg -> 'price', 100) as last_price,
        pg_temp.sent_amount(msg -> 'yes_bid_dollars', msg -> 'yes_bid', 100) as yes_bid,
        pg_temp.sent_amount(msg -> 'yes_ask_dollars', msg -> 'yes_ask', 100) as yes_ask,
        pg_temp.sent_amount(msg -> 'yes_bid_size_fp', null, 1) as yes_bid_size,
        pg_temp.sent_amount(msg -> 'yes_ask_size_fp', null, 1) as yes_ask_size,
        pg_temp.sent_amount(msg -> 'last_trade_size_fp', null, 1) as last_trade_size,
        pg_temp.sent_amount(msg -> 'volume_fp', msg -> 'volume', 1) as volume,
        pg_temp.sent_amount(msg -> 'open_interest_fp', msg -> 'open_interest', 1) as open_interest,
        pg_temp.sent_number(msg -> 'dollar_volume') as dollar_volume,
        pg_temp.sent_number(msg -> 'dollar_open_interest') as dollar_open_interest
    from message
)

select
    *,
    market_ticker is not null
    and 'NaN' <> all(
        array_remove(
            array[
                last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, last_trade_size, volume, open_interest
            ],
            null
        )
    ) as is_readable
from found;
