"""The market model: made-up markets with their order books, trades and lifecycles."""
