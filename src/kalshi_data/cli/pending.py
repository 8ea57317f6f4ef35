"""Output of `migrate --pending`: the migrations it would apply, and which of them break older releases."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click
import msgspec

from kalshi_data.database.connection import Connection
from kalshi_data.database.migrations import breaks, pending_migrations

Command = TypeVar("Command", bound=Callable[..., Any])


class Pending(msgspec.Struct):
    """A migration that is not applied yet."""

    database: str
    component: str
    name: str
    breaking: bool


def pending_options(function: Command) -> Command:
    """Add --pending and --json."""
    as_json = click.option("--json", "as_json", is_flag=True, help="With --pending: print JSON for programs.")
    pending = click.option("--pending", is_flag=True, help="List the pending migrations, and apply none.")
    return pending(as_json(function))


def replay_option(function: Command) -> Command:
    """Add --replay."""
    text = "Replay every function, view and grant, not only those whose file changed or that are missing."
    return click.option("--replay", is_flag=True, help=text)(function)


def find_pending(connection: Connection, database: str, components: Iterable[str]) -> list[Pending]:
    """Return the migrations that are not applied yet, in their order.

    Raises:
        MigrationError: an applied migration differs from its file.
    """
    return [
        Pending(database, component, path.name, breaks(path.name))
        for component in components
        for path in pending_migrations(connection, component)
    ]


def show_pending(found: list[Pending], *, as_json: bool) -> None:
    """Print pending migrations."""
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for each in found:
        click.echo(
            f"{each.database}: {each.component}: {each.name}{', breaks older releases' if each.breaking else ''}"
        )
    click.echo(f"{len(found)} migrations are pending")
