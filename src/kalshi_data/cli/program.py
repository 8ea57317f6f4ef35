"""Parts of every command line: --version, --config, and errors that name the remedy."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from kalshi_data.cli.failures import reported_failures
from kalshi_data.version import describe

Command = Callable[..., Any]
# No first sentence of a help is longer.
SENTENCE_MAX = 1_000


class CommandGroup(click.Group):
    """A command group whose help lists each command with its whole first sentence, however narrow the terminal is."""

    group_class = type

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and first sentences of all commands."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, each.get_short_help_str(SENTENCE_MAX)) for name, each in found if each and not each.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class Program(CommandGroup):
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


def example_option(program_name: str) -> Callable[[Command], Command]:
    """Add --example, which prints an example of the TOML file and ends."""

    def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            click.echo(files("kalshi_data").joinpath(program_name, "example.toml").read_text(), nl=False)
            ctx.exit()

    return click.option(
        "--example", is_flag=True, is_eager=True, expose_value=False, callback=show, help="Print an example of FILE."
    )


def config_option(default: str) -> Callable[[Command], Command]:
    """Add --config FILE."""
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option("--config", type=path, default=default, show_default=True, help="The TOML file of settings.")
