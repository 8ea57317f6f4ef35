-- List the size of each level that changed, after the last change at each place.
-- Reads: pg_temp.book_position
-- Writes: pg_temp.published_book
-- Returns: nothing
create temporary table published_book as
select distinct on (market_ticker, unit, clock, side, price)
    market_ticker,
    unit,
    clock,
    side,
    price,
    size_after as size,
    is_sure
from book_position
where size_after is not null
order by market_ticker asc, unit asc, clock asc, side asc, price asc, line_number desc;
