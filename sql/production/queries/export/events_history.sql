-- Read the states of events that were first fetched in a time, for the archive.
-- Parameters: begin_at, end_at timestamptz
-- Reads: market_data.events_versions
-- Returns: columns in the order of the archive's schema
select
    t.ticker,
    t.fetched_at,
    t.updated_time,
    t.body_sha256,
    t.series_ticker,
    t.title,
    t.sub_title,
    t.mutually_exclusive,
    t.strike_date,
    t.strike_period,
    t.body::text as body
from market_data.events_versions as t
where t.fetched_at >= %(begin_at)s::timestamptz and t.fetched_at < %(end_at)s::timestamptz;
