-- Read what markets paid whose outcome was said first in a time, for the archive; amounts as text, exactly as they are
-- held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what ops.settlements_during reads
-- Returns: columns in the order of the archive's schema
select
    t.market_ticker,
    t.seen_at,
    t.result,
    t.yes_value::text as yes_value,
    t.determined_at,
    t.settled_at,
    t.source
from ops.settlements_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
