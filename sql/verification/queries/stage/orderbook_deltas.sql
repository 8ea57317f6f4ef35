-- Read the order-book deltas of an exchange's journal, in any form ever sent.
-- Reads: pg_temp.journal
-- Writes: pg_temp.published_delta; is_readable is false for a message that no reader could understand. exchange_ts is
-- null if the message has no time; lacks_milliseconds: some connection did not get it with its milliseconds
-- Returns: nothing
create temporary table published_delta as
with
message as materialized (
    select
        line_number,
        form,
        line #> '{frame, msg}' as msg,
        coalesce(line -> 'lacking' ? 'ts_ms', false) as lacks_milliseconds,
        (line ->> 'after')::numeric as size_after,
        pg_temp.sent_time(line #> '{frame, msg, ts_ms}', 1000) as coarse,
        pg_temp.sent_time(line #> '{frame, msg, ts}', 1000000) as fine,
        pg_temp.sent_digits(line #> '{frame, msg, ts_ms}', 1000) as coarse_digits,
        pg_temp.sent_digits(line #> '{frame, msg, ts}', 1000000) as fine_digits
    from journal
    where line #>> '{frame, type}' = 'orderbook_delta'
),

found as materialized (
    select
        line_number,
        form,
        size_after,
        lacks_milliseconds,
        pg_temp.sent_text(msg -> 'market_ticker') as market_ticker,
        case
            when coarse is null or (fine >= coarse and fine < coarse + interval '1 ms') then fine
            else coarse
        end as exchange_ts,
        case
            when coarse is null or (fine >= coarse and fine < coarse + interval '1 ms' and fine_digits > coarse_digits)
                then fine_digits
            else coarse_digits
        end as time_digits,
        coalesce(pg_temp.sent_clock(msg -> 'clock'), 0) as clock,
        pg_temp.sent_text(msg -> 'side') as side,
        pg_temp.sent_amount(msg -> 'price_dollars', msg -> 'price', 100) as price,
        pg_temp.sent_amount(msg -> 'delta_fp', msg -> 'delta', 1) as size_delta
    from message
)

select
    *,
    market_ticker is not null and coalesce(side, '') in ('yes', 'no') and price is not null
    and size_delta is not null and 'NaN' not in (price, size_delta) as is_readable
from found;
