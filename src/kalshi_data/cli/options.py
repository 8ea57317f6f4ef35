"""Options that commands of several programs share."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from kalshi_data.cli.times import UtcTime

Command = TypeVar("Command", bound=Callable[..., Any])


class Amount(click.FloatRange):
    """A number within bounds; unlike click's own, it is never infinite, and always a number."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; click ends with status 2 if the text is none, or out of its range."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number", param, ctx)
        return found


# More than a day of trading is no demonstration, but a recorder.
SECONDS = Amount(min=0, min_open=True, max=86_400)


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
