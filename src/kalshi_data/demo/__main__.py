"""Runs the demo: python -m kalshi_data.demo."""

from kalshi_data.cli.entry_point import start

start("demo", "python3 build.py demo")
