"""A program's entry point: it answers --version, and Ctrl-C, before it loads modules that take long."""

import sys
from importlib import import_module
from types import ModuleType

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
        load(f"kalshi_data.{package or program}.cli", program).main(prog_name=name or program)
    except KeyboardInterrupt:
        sys.stderr.write(f"{program}: interrupted\n")
        sys.exit(INTERRUPTED)


def read() -> None:
    """Run the command `reader`, which ends the process."""
    load("kalshi_data.reader.__main__", "reader").run()


def load(module: str, program: str) -> ModuleType:
    """Return a module, or end the process with the command that installs the packages of its program."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "kalshi_data"):
            raise
        sys.exit(f'{program}: the package {package} is not installed: run pip install "kalshi-data[{program}]"')
