"""Output of the status commands: tables for people or JSON for programs, once or each second."""

import os
import signal
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kalshi_data.cli.fitted_table import FittedTable, TableColumn

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
    console = make_console()
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


def make_console(*, stderr: bool = False) -> Console:
    """Return the console for tables and sentences; a file gets FILE_COLUMNS unless COLUMNS is set."""
    console = Console(highlight=False, markup=False, stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = FILE_COLUMNS
    return console


def print_line(console: Console, text: str | Text = "") -> None:
    """Print a sentence; a terminal breaks it between words, a file gets it as one line."""
    console.print(text, soft_wrap=not console.is_terminal and "COLUMNS" not in os.environ)


def table(
    *columns: str,
    title: str = "",
    words: Collection[str] = (),
    texts: Collection[str] = (),
    breaks: Collection[str] = (),
    keys: int = 1,
    grouped: bool = False,
) -> FittedTable:
    """Return an empty table; its first column and those named in `words` and `texts` hold words, the others numbers.

    `texts` may continue on the next line. A table that is too wide is divided, first of all before the columns named in
    `breaks`; each part shows the first `keys` columns. If `grouped`, the values of the first one may become headings.
    """
    made = [
        TableColumn(name, bool(number) and name not in (*words, *texts), name in texts, name in breaks)
        for number, name in enumerate(columns)
    ]
    return FittedTable(made, title, keys=keys, grouped=grouped)


def pairs(values: dict[str, str]) -> Table:
    """Return names and values, one pair a line; a long value continues below its beginning."""
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
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
