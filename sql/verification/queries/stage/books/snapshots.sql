-- Find the snapshots of an exchange's journal that production holds and, for each, the last change of its book before
-- it. A snapshot between two changes of which production does not know the order is left out, and so is one after a
-- change without a time.
-- Reads: pg_temp.published_snapshot, pg_temp.book_position, market_data.orderbook_snapshots
-- Writes: pg_temp.book_snapshot
-- Returns: nothing
create temporary table book_snapshot as
with
placed as (
    select
        s.line_number, s.market_ticker, s.clock, s.yes_prices, s.yes_sizes, s.no_prices, s.no_sizes,
        coalesce(b.unit, '-infinity') as unit,
        coalesce(b.clock, 0) as change_clock,
        s.published_at
    from published_snapshot as s
    left join book_position as b on s.change_number = b.line_number
    where
        s.is_readable and s.form = 0
        and (b.line_number is null or b.unit is not null)
        and not exists (
            select from book_position as n
            where
                n.market_ticker = s.market_ticker and n.line_number > s.line_number
                and n.unit = b.unit and n.clock = b.clock
        )
)

select distinct on (p.line_number)
    p.line_number,
    p.market_ticker,
    p.unit,
    p.change_clock as clock,
    h.yes_prices,
    h.yes_sizes,
    h.no_prices,
    h.no_sizes
from placed as p
inner join market_data.orderbook_snapshots as h
    on
        p.market_ticker = h.market_ticker
        and (
            (p.clock = h.clock and h.occurrence = 0)
            or (
                p.yes_prices = h.yes_prices and p.yes_sizes = h.yes_sizes
                and p.no_prices = h.no_prices and p.no_sizes = h.no_sizes
            )
        )
-- Clocks may restart, so a market may have two states with one clock: then it is the one with the same levels.
order by
    p.line_number asc,
    (
        p.clock = h.clock and p.yes_prices = h.yes_prices and p.no_prices = h.no_prices
        and p.yes_sizes = h.yes_sizes and p.no_sizes = h.no_sizes
    ) desc nulls last,
    (p.clock = h.clock) desc nulls last,
    abs(extract(epoch from h.received_at - p.published_at)) asc;
