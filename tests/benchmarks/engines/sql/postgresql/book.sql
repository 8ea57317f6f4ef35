-- The book of a market at a moment.
-- Parameters: market; at
-- Reads: what market_data.book_at reads
-- Returns: market_ticker, side, price, size
select %(market)s as market_ticker, b.side, b.price, b.size
from market_data.book_at(%(market)s, %(at)s::timestamptz) as b
