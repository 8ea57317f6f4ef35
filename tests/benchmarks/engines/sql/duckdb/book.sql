-- The book of a market at a moment.
-- Parameters: market; at
-- Reads: the macro book_at
-- Returns: market_ticker, side, price, size
select %(market)s as market_ticker, side, price, size
from book_at(%(market)s, %(at)s)
