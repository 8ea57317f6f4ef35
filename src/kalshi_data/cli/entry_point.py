"""A program's entry point: it answers --version before it loads modules that take long."""

import sys
from importlib import import_module

from kalshi_data.version import describe


def start(program: str) -> None:
    """Run a program's command line, which ends the process."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{describe(program)}\n")
        return
    import_module(f"kalshi_data.{program}.cli").main()
