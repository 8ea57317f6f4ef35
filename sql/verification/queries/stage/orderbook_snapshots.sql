-- Read the order-book snapshots of an exchange's journal, in any form ever sent.
-- Reads: pg_temp.journal
-- Writes: pg_temp.published_snapshot; is_readable is false for a message that no reader could understand. true_clock is
-- the clock even if no connection got it, and change_number the line of the last change before. is_received is false if
-- no single connection got all fields of the form. previous_number is the line of the snapshot of that book that the
-- same subscription was sent before
-- Returns: nothing
create temporary table published_snapshot as
with
message as (
    select
        line_number,
        form,
        form > 0 or (form = 0 and line -> 'lacking' is not distinct from line -> 'unsent') as is_received,
        case when form = 0 then coalesce(whole, line) else line end #> '{frame, msg, clock}' as true_clock,
        line #> '{frame, msg}' as msg,
        line -> 'receiver' as receiver,
        timestamptz 'epoch' + (line ->> 'published_ms')::bigint * interval '1 ms' as published_at,
        line #>> '{frame, type}' = 'orderbook_snapshot' as is_snapshot,
        max(line_number) filter (where line #>> '{frame, type}' = 'orderbook_delta') over (
            partition by line #>> '{frame, msg, market_ticker}' order by line_number
        ) as change_number
    from journal
    where line #>> '{frame, type}' like 'orderbook_%'
),

found as materialized (
    select
        line_number,
        form,
        is_received,
        change_number,
        published_at,
        pg_temp.sent_text(msg -> 'market_ticker') as market_ticker,
        coalesce(pg_temp.sent_text(msg -> 'market_id'), '') as market_id,
        pg_temp.sent_clock(true_clock) as true_clock,
        pg_temp.sent_clock(msg -> 'clock') as clock,
        pg_temp.sent_levels(msg, 'yes', 0) as yes_prices,
        pg_temp.sent_levels(msg, 'yes', 1) as yes_sizes,
        pg_temp.sent_levels(msg, 'no', 0) as no_prices,
        pg_temp.sent_levels(msg, 'no', 1) as no_sizes,
        case when receiver is not null then lag(line_number) over same_book end as previous_number
    from message
    where is_snapshot
    window same_book as (partition by receiver, form, msg -> 'market_ticker' order by line_number)
)

select
    *,
    market_ticker is not null
    and array_position(yes_prices || yes_sizes || no_prices || no_sizes, null) is null
    and array_position(yes_prices || yes_sizes || no_prices || no_sizes, 'NaN') is null as is_readable
from found;
