-- Place each published change where production's labels can place it: by millisecond and clock; without all clocks by
-- millisecond, or by second if that is all that production has; without any times by clock.
-- Reads: pg_temp.published_delta, pg_temp.book_precision, pg_temp.coarse_second, pg_temp.unsure_time
-- Writes: pg_temp.book_position; is_sure is false if the book after it is not that of one place
-- Returns: nothing
create temporary table book_position as
with
placed as (
    select
        d.line_number,
        d.market_ticker,
        d.side,
        d.price,
        d.size_after,
        case
            when p.is_undated then timestamptz '-infinity'
            else coalesce(s.second, date_trunc('milliseconds', d.exchange_ts))
        end as unit,
        case when coalesce(p.has_clocks, true) then d.clock else 0 end as clock,
        case
            when p.is_undated then p.has_clocks
            else d.exchange_ts is not null and coalesce(not u.times @> d.exchange_ts, true)
        end as is_sure
    from published_delta as d
    left join book_precision as p on d.market_ticker = p.market_ticker
    left join coarse_second as s
        on d.market_ticker = s.market_ticker and date_trunc('second', d.exchange_ts) = s.second
    left join unsure_time as u on d.market_ticker = u.market_ticker
    where d.is_readable and d.form = 0
),

-- Without times, a clock that goes back leaves the order open.
reordered as (
    select distinct market_ticker
    from (
        select
            market_ticker,
            (unit, clock) < lag((unit, clock)) over (partition by market_ticker order by line_number) as goes_back
        from placed
    ) as stepped
    where goes_back
)

select
    line_number, market_ticker, side, price, size_after, unit, clock,
    is_sure and market_ticker not in (select r.market_ticker from reordered as r) as is_sure
from placed;
