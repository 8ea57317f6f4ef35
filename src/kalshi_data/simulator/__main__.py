"""Runs the simulator: python -m kalshi_data.simulator."""

from kalshi_data.simulator.cli import main

main()
