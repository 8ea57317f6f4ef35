-- Rebuild the order books at the beginning of an hour for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what ops.books_during reads
-- Returns: columns in the order of the archive's schema; levels as an array of prices and one of sizes
select
    t.market_ticker,
    t.at,
    t.clock,
    t.yes_prices::text[] as yes_prices,
    t.yes_sizes::text[] as yes_sizes,
    t.no_prices::text[] as no_prices,
    t.no_sizes::text[] as no_sizes,
    t.snapshot_at,
    t.last_change_at
from ops.books_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
