"""Writes windows of an archive in the forms that backtest engines read."""
