-- List the published deltas for the comparison.
-- Reads: pg_temp.published_delta
-- Writes: pg_temp.published_form
-- Returns: nothing
insert into published_form (line_number, form, subject, labels, is_once)
select
    line_number,
    form,
    concat_ws('|', market_ticker, side, trim_scale(price), trim_scale(size_delta)) as subject,
    jsonb_strip_nulls(jsonb_build_object('clock', nullif(clock, 0)))
    || pg_temp.time_labels(exchange_ts, time_digits) as labels,
    false as is_once
from published_delta
where is_readable;
