"""Build the single-file programs: python -m kalshi_data.release."""

from kalshi_data.release.cli import main

main(prog_name="python3 build.py zipapps")
