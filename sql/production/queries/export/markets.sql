-- Read all markets as they are known now, for the archive.
-- Reads: market_data.markets
-- Returns: columns in the order of the archive's schema
select
    t.ticker,
    t.updated_time,
    t.fetched_at,
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
from market_data.markets as t;
