"""Runs the gatherer: python -m kalshi_data.gatherer."""

from kalshi_data.gatherer.cli import main

main()
