-- Read order books for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what market_data.snapshots_during reads
-- Returns: columns in the order of the archive's schema; prices and sizes that become pairs stand side by side
select
    t.market_ticker,
    t.received_at,
    t.market_id,
    t.clock,
    t.levels_sha256,
    t.occurrence,
    t.yes_prices::text[] as yes_prices,
    t.yes_sizes::text[] as yes_sizes,
    t.no_prices::text[] as no_prices,
    t.no_sizes::text[] as no_sizes,
    t.gatherer_id,
    t.last_change_at
from market_data.snapshots_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
