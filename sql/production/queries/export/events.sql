-- Read all events as they are known now, for the archive.
-- Reads: market_data.events
-- Returns: columns in the order of the archive's schema
select
    t.ticker,
    t.updated_time,
    t.fetched_at,
    t.body_sha256,
    t.series_ticker,
    t.title,
    t.sub_title,
    t.mutually_exclusive,
    t.strike_date,
    t.strike_period,
    t.body::text as body
from market_data.events as t;
