-- Read what the exchange said of itself, for the archive.
-- Parameters: begin_at, end_at timestamptz
-- Reads: market_data.exchange_status
-- Returns: columns in the order of the archive's schema
select
    t.kind,
    t.exchange_index,
    t.exchange_active,
    t.trading_active,
    t.resumes_at,
    t.begins_at,
    t.ends_at,
    t.body::text as body,
    t.body_sha256,
    t.first_seen_at,
    t.confirmed_at,
    t.gatherer_id
from market_data.exchange_status as t
where t.first_seen_at >= %(begin_at)s::timestamptz and t.first_seen_at < %(end_at)s::timestamptz;
