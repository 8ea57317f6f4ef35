-- List the published deltas for the comparison.
-- Reads: pg_temp.published_delta
-- Writes: pg_temp.published_fact
-- Returns: nothing
insert into published_fact (
    line_number, subject, labels, exchange_ts, is_partial, lackable, may_be_coarse, may_lack_time
)
select
    line_number,
    concat_ws('|', market_ticker, side, trim_scale(price), trim_scale(size_delta)) as subject,
    jsonb_strip_nulls(jsonb_build_object('clock', nullif(clock, 0))) as labels,
    exchange_ts,
    lacking ?| array['clock', 'ts', 'ts_ms'] as is_partial,
    case when lacking ? 'clock' then array['clock'] else '{}' end as lackable,
    lacking ?| array['ts', 'ts_ms'] as may_be_coarse,
    exchange_ts is null or lacking ?& array['ts', 'ts_ms'] as may_lack_time
from published_delta
where is_readable;
