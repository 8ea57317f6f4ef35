-- Read all events as they are known now, for the archive.
-- Reads: market_data.events
-- Returns: columns in the order of the archive's schema
select
    t.ticker,
    ops.known_time(t.updated_time) as updated_time,
    t.fetched_at,
    t.body_sha256,
    t.series_ticker,
    t.title,
    t.sub_title,
    t.mutually_exclusive,
    ops.known_time(t.strike_date) as strike_date,
    t.strike_period,
    t.body::text as body
from market_data.events as t;
