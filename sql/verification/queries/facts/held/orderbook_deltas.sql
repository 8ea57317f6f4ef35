-- List production's deltas for the comparison.
-- Reads: market_data.orderbook_deltas
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, exchange_ts, time_digits)
select
    concat_ws('|', market_ticker, side, trim_scale(price), trim_scale(size_delta)) as subject,
    jsonb_strip_nulls(jsonb_build_object('clock', nullif(clock, 0))) as labels,
    case when time_digits is not null then exchange_ts end as exchange_ts,
    time_digits
from market_data.orderbook_deltas;
