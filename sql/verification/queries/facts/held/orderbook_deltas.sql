-- List production's deltas for the comparison.
-- Reads: market_data.orderbook_deltas
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, from_at, until_at)
select
    concat_ws('|', market_ticker, side, trim_scale(price), trim_scale(size_delta)) as subject,
    jsonb_strip_nulls(jsonb_build_object('clock', nullif(clock, 0)))
    || pg_temp.time_labels(exchange_ts, time_digits) as labels,
    exchange_ts as from_at,
    exchange_ts as until_at
from market_data.orderbook_deltas;
