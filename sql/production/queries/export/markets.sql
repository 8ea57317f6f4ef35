-- Read all markets as they are known now, for the archive.
-- Reads: market_data.markets
-- Returns: columns in the order of the archive's schema
select
    t.ticker,
    ops.known_time(t.updated_time) as updated_time,
    t.fetched_at,
    t.body_sha256,
    t.event_ticker,
    t.market_type,
    t.title,
    t.yes_sub_title,
    t.no_sub_title,
    t.status,
    t.result,
    ops.known_time(t.open_time) as open_time,
    ops.known_time(t.close_time) as close_time,
    ops.known_time(t.settlement_ts) as settlement_ts,
    t.body::text as body
from market_data.markets as t;
