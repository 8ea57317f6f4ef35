-- Read the states of minutes for the archive.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what ops.coverage_during reads
-- Returns: columns in the order of the archive's schema
select
    t.market_ticker,
    t.stream,
    t.from_at,
    t.to_at,
    t.state
from ops.coverage_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
