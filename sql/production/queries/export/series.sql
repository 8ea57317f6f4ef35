-- Read all series as they are known now, for the archive.
-- Reads: market_data.series
-- Returns: columns in the order of the archive's schema
select
    t.ticker,
    ops.known_time(t.updated_time) as updated_time,
    t.fetched_at,
    t.body_sha256,
    t.title,
    t.category,
    t.frequency,
    t.fee_type,
    t.body::text as body
from market_data.series as t;
