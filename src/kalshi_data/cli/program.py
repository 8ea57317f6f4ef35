"""Parts of every command line: --version, --config, and errors that name the remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kalshi_data.cli.failures import reported_failures
from kalshi_data.version import describe

Command = Callable[..., Any]


class Program(click.Group):
    """A command group that ends with a message instead of a traceback if the user can remedy the error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit with 2 if the configuration cannot be used, with 1 after other expected errors."""
        with reported_failures(ctx.info_name or ""):
            return super().invoke(ctx)


def program(name: str) -> Callable[[Command], Program]:
    """Make a function the root of a program's commands, and its docstring the help."""

    def decorate(function: Command) -> Program:
        with_version = click.version_option(message=describe(name))
        settings = {"help_option_names": ["-h", "--help"]}
        return click.group(name, cls=Program, context_settings=settings)(with_version(function))

    return decorate


def config_option(default: str) -> Callable[[Command], Command]:
    """Add --config FILE."""
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option("--config", type=path, default=default, show_default=True, help="The TOML file of settings.")
