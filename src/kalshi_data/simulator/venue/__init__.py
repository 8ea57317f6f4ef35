"""The listings, order books, trades and recordings of the simulated exchange."""
