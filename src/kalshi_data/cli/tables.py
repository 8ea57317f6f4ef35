"""Output of the status commands: tables for people or JSON for programs, once or each second."""

import signal
import sys
import time
from collections.abc import Callable, Collection
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
# The width of tables if the output is not a terminal.
FILE_COLUMNS = 160
BYTES_PER_UNIT = 1024


def status_options(function: Command) -> Command:
    """Add --json and --watch."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    watch = click.option("--watch", is_flag=True, help="Print it each second until Ctrl-C.")
    return as_json(watch(function))


def show(
    read: Callable[[], Document], draw: Callable[[Document], RenderableType], *, as_json: bool, watch: bool
) -> Document:
    """Read and print a document, each second if `watch` until Ctrl-C; return the last one."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=FILE_COLUMNS)
    document = read()
    if not watch:
        console.print(draw(document)) if not as_json else _print_json(document)
        return document
    # A shell starts a background process with SIGINT ignored; then SIGINT could not end it.
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


def make_console() -> Console:
    """Return the console for tables; a file or pipe gets lines of any length."""
    return Console(highlight=False, markup=False, soft_wrap=True, width=None if sys.stdout.isatty() else FILE_COLUMNS)


def table(*columns: str, title: str = "", words: Collection[str] = ()) -> Table:
    """Return an empty table; its first column and those named in `words` hold words, the others numbers."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    for number, column in enumerate(columns):
        made.add_column(column, justify="right" if number and column not in words else "left", no_wrap=True)
    return made


def pairs(values: dict[str, str]) -> Table:
    """Return names and values, one pair a line."""
    made = Table.grid(padding=(0, 2))
    for name, value in values.items():
        made.add_row(name, value)
    return made


def size(count: float | None) -> str:
    """Return bytes in the largest unit that leaves at least 1, - for none."""
    if count is None:
        return "-"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < BYTES_PER_UNIT:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= BYTES_PER_UNIT
    return f"{count:.1f} TiB"


def span(seconds: float | None) -> str:
    """Return a duration in its two largest units, - for none."""
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
