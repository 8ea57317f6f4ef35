"""Backtest engines read what is exported for them, each in an environment of its own."""
