-- Count the rows of production by what readers know them by: a row that was seen once must not vanish.
-- Reads: market_data.trades, market_data.orderbook_deltas, market_data.lifecycle_events
-- Returns: kind of row, what it is known by, and how many there are
select
    'trade' as kind,
    concat_ws(' ', trade_id, market_ticker, trim_scale(yes_price), trim_scale(size)) as known_by,
    count(*) as rows
from market_data.trades
group by 2
union all
select
    'change' as kind,
    concat_ws(' ', market_ticker, side, trim_scale(price), trim_scale(size_delta)) as known_by,
    count(*) as rows
from market_data.orderbook_deltas
group by 2
union all
select
    'change with a clock' as kind,
    concat_ws(' ', market_ticker, clock, side, trim_scale(price), trim_scale(size_delta)) as known_by,
    count(*) as rows
from market_data.orderbook_deltas
where clock <> 0
group by 2
union all
select
    'lifecycle event' as kind,
    concat_ws(' ', subject_ticker, kind) as known_by,
    count(*) as rows
from market_data.lifecycle_events
group by 2;
