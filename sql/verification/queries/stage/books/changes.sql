-- Place production's changes as book_position does.
-- Reads: market_data.orderbook_deltas, pg_temp.book_precision, pg_temp.coarse_second
-- Writes: pg_temp.book_change
-- Returns: nothing
create temporary table book_change as
select
    d.market_ticker,
    d.side,
    d.price,
    d.size_delta,
    case
        when p.is_undated then timestamptz '-infinity'
        else coalesce(s.second, date_trunc('milliseconds', d.exchange_ts))
    end as unit,
    case when p.has_clocks then d.clock else 0 end as clock
from market_data.orderbook_deltas as d
inner join book_precision as p on d.market_ticker = p.market_ticker
left join coarse_second as s on d.market_ticker = s.market_ticker and date_trunc('second', d.exchange_ts) = s.second;
