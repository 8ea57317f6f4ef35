"""A program's entry point: it answers --version, and Ctrl-C, before it loads modules that take long."""

import sys
from importlib import import_module

from kalshi_data.version import describe, read_release

INTERRUPTED = 130


def start(program: str, name: str | None = None, package: str | None = None) -> None:
    """Run a program's command line, which ends the process.

    `name` is what its help calls it, and `package` holds its command line; by default both are named like the program.
    """
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{describe(program)}\n")
        return
    made_for, running = read_release().python, "{}.{}".format(*sys.version_info)
    if made_for not in ("", running):
        sys.exit(
            f"{program}: this file is made for Python {made_for}, but runs on {running}: start it with "
            f"python{made_for}, or build one with python3 build.py zipapps --python {running}"
        )
    try:
        import_module(f"kalshi_data.{package or program}.cli").main(prog_name=name or program)
    except KeyboardInterrupt:
        sys.stderr.write(f"{program}: interrupted\n")
        sys.exit(INTERRUPTED)
