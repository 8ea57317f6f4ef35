"""Build the single-file programs: python -m kalshi_data.release."""

from kalshi_data.cli.entry_point import start

start("release", "python3 build.py zipapps")
