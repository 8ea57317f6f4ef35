-- Compare the books after each place with the journal: the last snapshot held before it, or nothing, plus later deltas.
-- Reads: pg_temp.published_book, pg_temp.book_snapshot, pg_temp.book_change
-- Returns: how many books (a market after a place) the journal has, and how many of them production has wrong
with
entry as (
    select market_ticker, unit, clock, line_number, null as side, null::numeric as price, 0 as size_delta
    from book_snapshot
    union all
    select market_ticker, unit, clock, null as line_number, side, price, size_delta
    from book_change
),

since as (
    select
        *,
        max(line_number) over (partition by market_ticker order by unit, clock, line_number nulls first) as base
    from entry
),

built as (
    select distinct
        d.market_ticker, d.unit, d.clock, d.side, d.price,
        coalesce(o.size, 0) + sum(d.size_delta) over (
            partition by d.market_ticker, d.base, d.side, d.price order by d.unit, d.clock
        ) as size
    from since as d
    left join book_snapshot as b on d.base = b.line_number
    left join lateral unnest(
        case d.side when 'yes' then b.yes_prices else b.no_prices end,
        case d.side when 'yes' then b.yes_sizes else b.no_sizes end
    ) as o (price, size) on d.price = o.price
),

compared as (
    select
        t.market_ticker,
        bool_or(b.size is distinct from t.size) as is_wrong
    from published_book as t
    left join built as b
        on
            t.market_ticker = b.market_ticker and t.unit = b.unit and t.clock = b.clock
            and t.side = b.side and t.price = b.price
    group by t.market_ticker, t.unit, t.clock
    having bool_and(t.is_sure)
)

select
    count(*) as books,
    count(*) filter (where is_wrong) as wrong
from compared;
