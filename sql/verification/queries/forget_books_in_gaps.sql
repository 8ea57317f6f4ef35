-- Remove the sizes of levels from a journal when no reader can know them: from a change that was sent to no connection
-- until the next snapshot of that book that was sent.
-- Writes: pg_temp.journal
-- Returns: nothing; the row count is the number of changes whose books are not compared
with
message as (
    select
        line_number,
        line #>> '{frame, msg, market_ticker}' as market_ticker,
        line #>> '{frame, type}' = 'orderbook_snapshot' as is_snapshot,
        line ->> 'sent' = '0' as is_unsent
    from journal
    where line #>> '{frame, type}' like 'orderbook_%'
),

placed as (
    select
        line_number,
        max(line_number) filter (where is_unsent and not is_snapshot) over so_far as lost_number,
        max(line_number) filter (where is_snapshot and not is_unsent) over so_far as snapshot_number
    from message
    window so_far as (partition by market_ticker order by line_number)
)

update journal as j
set line = j.line - 'after'
from placed as p
where j.line_number = p.line_number and p.lost_number > coalesce(p.snapshot_number, 0) and j.line ? 'after';
