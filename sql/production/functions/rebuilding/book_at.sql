-- Rebuild a market's order book at a time: the last snapshot received by then, and the changes after it.
-- What comes after the snapshot is decided by what both have, the first of these:
--   the exchange's clock: changes with a higher one
--   the time of the last change that the snapshot's connection received before it (last_change_at): changes of later
--   milliseconds, and those of the same one that the same gatherer received after the snapshot
--   the time of receipt: changes received later. Production keeps only the first arrival of each row, so a change that
--   was on its way together with the snapshot on another connection may be counted twice or not at all
-- At the time of a snapshot without a clock the book is that snapshot, whatever other connections received by then.
-- Before the first snapshot nothing is known, which looks like an empty book.
-- A snapshot's time is when its gatherer received it. Changes count if they are up to 5 min older by the exchange's
-- time.
-- Parameters: wanted_ticker, the market; wanted_at, the time
-- Reads: what market_data.book_changes reads
-- Returns: one row per price level: side (yes or no bids), price on the scale of its own side, size in contracts
create or replace function market_data.book_at(wanted_ticker text, wanted_at timestamptz)
returns table (side text, price numeric, size numeric)
language sql
stable
as $$
    select c.side, c.price, sum(c.size) as size
    from market_data.book_changes(wanted_ticker, wanted_at) as c
    where c.side is not null
    group by c.side, c.price
    having sum(c.size) <> 0
    order by c.side desc, c.price desc;
$$;

comment on function market_data.book_at is
'A market''s order book at a time: side, price in dollars on the scale of its side, size in contracts.';
