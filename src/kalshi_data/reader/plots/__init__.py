"""Pictures of books, candles and coverage for reports; drawing needs matplotlib, which kalshi-data[plot] brings."""
