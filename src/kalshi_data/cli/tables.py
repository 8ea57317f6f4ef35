"""What the status commands share: a table for people, JSON for programs, either once or each second."""

import signal
import time
from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec
from rich import box
from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table

Command = TypeVar("Command", bound=Callable[..., Any])
Document = dict[str, Any]

WATCH_SECONDS = 1.0
# Where the output is no terminal, lines are as long as tables need.
FILE_COLUMNS = 160
BYTES_PER_UNIT = 1024


def status_options(function: Command) -> Command:
    """Add --json and --watch."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    watch = click.option("--watch", is_flag=True, help="Print it anew each second until Ctrl-C.")
    return as_json(watch(function))


def show(
    read: Callable[[], Document], draw: Callable[[Document], RenderableType], *, as_json: bool, watch: bool
) -> Document:
    """Print what `read` returns, and return the last of it; Ctrl-C ends a watch."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=FILE_COLUMNS)
    document = read()
    if not watch:
        console.print(draw(document)) if not as_json else _print_json(document)
        return document
    # Who was started in the background ignores Ctrl-C, and could then not be ended by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if as_json or not console.is_terminal:
            while True:
                console.print(draw(document)) if not as_json else _print_json(document)
                time.sleep(WATCH_SECONDS)
                document = read()
        with Live(draw(document), console=console, auto_refresh=False) as live:
            while True:
                time.sleep(WATCH_SECONDS)
                document = read()
                live.update(draw(document), refresh=True)
    except KeyboardInterrupt:
        return document


def _print_json(document: Document) -> None:
    click.echo(msgspec.json.encode(document))


def table(*columns: str, title: str = "") -> Table:
    """Return an empty table whose first column holds words and whose others hold numbers."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    for number, column in enumerate(columns):
        made.add_column(column, justify="right" if number else "left", no_wrap=True)
    return made


def facts(pairs: dict[str, str]) -> Table:
    """Return names and values beneath each other."""
    made = Table.grid(padding=(0, 2))
    for name, value in pairs.items():
        made.add_row(name, value)
    return made


def size(count: float | None) -> str:
    """Return bytes in a unit that suits them."""
    if count is None:
        return "-"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < BYTES_PER_UNIT:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= BYTES_PER_UNIT
    return f"{count:.1f} TiB"


def span(seconds: float | None) -> str:
    """Return a length of time in its two largest units; - for none."""
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
