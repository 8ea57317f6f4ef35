-- Rebuild a market's order book at a time.
-- Parameters: market text; at timestamptz
-- Reads: what market_data.book_state reads
-- Returns: clock, levels of each side on its own scale, the lowest price first, when the last snapshot was received,
-- the time of the last change; no row if no snapshot was received by then
select
    b.clock,
    b.yes_prices,
    b.yes_sizes,
    b.no_prices,
    b.no_sizes,
    b.snapshot_at,
    b.last_change_at
from market_data.book_state(%(market)s::text, %(at)s::timestamptz) as b;
