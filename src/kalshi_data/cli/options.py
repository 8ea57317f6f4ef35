"""Options that commands of several programs share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from kalshi_data.cli.times import UtcTime

Command = TypeVar("Command", bound=Callable[..., Any])


def time_range(from_help: str, to_help: str, *, required: bool = False) -> Callable[[Command], Command]:
    """Add --from and --to, which the command receives as `from_at` and `until_at`."""

    def decorate(function: Command) -> Command:
        kind = UtcTime()
        until_at = click.option("--to", "until_at", type=kind, required=required, metavar="TIME", help=to_help)
        from_at = click.option("--from", "from_at", type=kind, required=required, metavar="TIME", help=from_help)
        return from_at(until_at(function))

    return decorate


def require_order(from_at: datetime, until_at: datetime) -> None:
    """Refuse a range that ends before it starts, or that is empty.

    Raises:
        click.BadParameter: naming both times.
    """
    if from_at >= until_at:
        raise click.BadParameter(f"--from {from_at:%Y-%m-%dT%H:%MZ} is not before --to {until_at:%Y-%m-%dT%H:%MZ}")
