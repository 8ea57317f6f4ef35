"""Where a program begins: --version is answered before anything that takes long to load."""

import sys
from importlib import import_module

from kalshi_data.version import describe


def start(program: str) -> None:
    """Run a program's command line; it ends the process."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{describe(program)}\n")
        return
    import_module(f"kalshi_data.{program}.cli").main()
