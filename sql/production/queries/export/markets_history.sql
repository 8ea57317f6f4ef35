-- Read the states of markets that were first fetched in a time, for the archive.
-- Parameters: begin_at, end_at timestamptz
-- Reads: market_data.markets_versions
-- Returns: columns in the order of the archive's schema
select
    t.ticker,
    t.fetched_at,
    t.updated_time,
    t.body_sha256,
    t.event_ticker,
    t.market_type,
    t.title,
    t.yes_sub_title,
    t.no_sub_title,
    t.status,
    t.result,
    t.open_time,
    t.close_time,
    t.settlement_ts,
    t.body::text as body
from market_data.markets_versions as t
where t.fetched_at >= %(begin_at)s::timestamptz and t.fetched_at < %(end_at)s::timestamptz;
