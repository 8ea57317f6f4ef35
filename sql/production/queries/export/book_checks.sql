-- Read for the archive what shows whether order books are complete.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what ops.book_checks_during reads
-- Returns: columns in the order of the archive's schema
select
    t.market_ticker,
    t.from_at,
    t.to_at,
    t.kind,
    t.gatherer_id,
    t.is_proven,
    t.wrong_levels,
    t.from_clock,
    t.to_clock
from ops.book_checks_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
