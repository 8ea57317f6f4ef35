"""Runs the demo: python -m kalshi_data.demo."""

from kalshi_data.demo.cli import main

main(prog_name="python3 build.py demo")
