"""Runs the deduplicator: python -m kalshi_data.deduplicator."""

from kalshi_data.deduplicator.cli import main

main()
