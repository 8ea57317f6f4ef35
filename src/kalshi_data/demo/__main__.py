"""Runs the demo: python -m kalshi_data.demo."""

from kalshi_data.demo.cli import main

main()
