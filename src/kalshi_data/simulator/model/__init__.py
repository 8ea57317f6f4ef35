"""The made-up exchange: markets, their books, trades and lifecycles."""
