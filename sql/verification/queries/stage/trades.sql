-- Read the trades of an exchange's journal, in any form ever sent.
-- Reads: pg_temp.journal
-- Writes: pg_temp.published_trade; is_readable is false for a message that no reader could understand.
-- Returns: nothing
create temporary table published_trade as
with
message as materialized (
    select
        line_number,
        form,
        line #> '{frame, msg}' as msg
    from journal
    where line #>> '{frame, type}' = 'trade'
),

found as materialized (
    select
        line_number,
        form,
        pg_temp.sent_text(msg -> 'trade_id') as trade_id,
        pg_temp.sent_text(msg -> 'market_ticker') as market_ticker,
        pg_temp.sent_amount(msg -> 'yes_price_dollars', msg -> 'yes_price', 100) as yes_price,
        pg_temp.sent_amount(msg -> 'no_price_dollars', msg -> 'no_price', 100) as no_price,
        pg_temp.sent_amount(msg -> 'count_fp', msg -> 'count', 1) as size,
        pg_temp.sent_side(msg) as taker_side,
        case msg -> 'is_block_trade' when 'true' then true when 'false' then false end as is_block_trade,
        -- The feed's trades are known to the millisecond; production holds no more of it.
        date_trunc(
            'milliseconds',
            coalesce(pg_temp.sent_time(msg -> 'ts_ms', 1000), pg_temp.sent_time(msg -> 'ts', 1000000))
        ) as exchange_ts,
        coalesce(
            pg_temp.sent_digits(msg -> 'ts_ms', 1000), pg_temp.sent_digits(msg -> 'ts', 1000000)
        ) as time_digits
    from message
)

select
    line_number,
    form,
    trade_id,
    market_ticker,
    coalesce(yes_price, 1 - no_price) as yes_price,
    coalesce(no_price, 1 - yes_price) as no_price,
    size,
    taker_side,
    is_block_trade,
    exchange_ts,
    time_digits,
    trade_id is not null and market_ticker is not null and coalesce(yes_price, no_price) is not null
    and size is not null
    and coalesce(taker_side <> '', true)
    and 'NaN' <> all(array_remove(array[yes_price, no_price, size], null)) as is_readable
from found;
