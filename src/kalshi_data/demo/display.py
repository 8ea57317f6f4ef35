"""What a person sees: progress while the demo runs, a table and a verdict at its end."""

import sys
import time

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kalshi_data.demo.figures import Figures

LINE_SECONDS = 5.0
LOG_COLUMNS = 140


class Display:
    """Shows a moving bar on a terminal, and a line now and then elsewhere."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self.console = Console(soft_wrap=True, highlight=False)
        moving = self.console.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
        self._progress = Progress(
            *columns, TimeElapsedColumn(), console=self.console, transient=True, disable=not moving
        )
        self._task = self._progress.add_task("starting", total=None, note="")
        self._moving = moving
        self._told = time.monotonic()

    def __enter__(self) -> "Display":
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._progress.stop()

    def step(self, text: str) -> None:
        """Begin a step whose length is not known."""
        self._progress.update(self._task, description=text, total=None, note="")
        if not self._moving:
            self.console.print(f"{text} ...")

    def advance(self, done: int, total: int, unit: str, rows: int) -> None:
        """Show how much the exchange has done, and how many rows production holds."""
        note = f"{done:,} of {total:,} {unit}, {rows:,} rows in production"
        self._progress.update(self._task, completed=done, total=total, note=note)
        if not self._moving and time.monotonic() - self._told > LINE_SECONDS:
            self._told = time.monotonic()
            self.console.print(f"  {note}")


def show(figures: Figures) -> None:
    """Print the table of streams and the verdict."""
    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else LOG_COLUMNS)
    gatherers = list(next(iter(figures.streams.values())).received)
    title = f"rows per stream; g1 to g{len(gatherers)}: received by each gatherer"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column("stream", no_wrap=True)
    received = [f"g{number}" for number in range(1, len(gatherers) + 1)]
    for column in ("published", *received, "polled", "new", "duplicate", "production", "lost", "invented"):
        table.add_column(column, justify="right")
    for name, each in figures.streams.items():
        counts = (each.published, *each.received.values(), each.polled, each.new, each.duplicate)
        table.add_row(name, *(f"{count:,}" for count in (*counts, each.production, each.lost, each.invented)))
    console.print(table)
    if figures.unreadable or figures.quarantined or figures.gaps:
        console.print(
            f"{figures.unreadable} unreadable frames published; over all gatherers "
            f"{figures.quarantined} frames in quarantine, {figures.gaps} sequence gaps"
        )
    if figures.withheld:
        console.print(f"messages not compared, about markets that nobody had subscribed: {figures.withheld:,}")
    if figures.books:
        console.print(f"books after each clock: {figures.books:,} compared, {figures.wrong_books:,} wrong")
    console.print(
        f"archive: {figures.archive.hours:,} hours of {figures.archive.streams} streams, {figures.archive.rows:,} rows "
        f"in {figures.archive.bytes / 1000:,.0f} kB, each row compared with production"
    )
    console.print(
        f"{figures.verdict}: {figures.published} published, {figures.production} in production, "
        f"{figures.lost} lost, {figures.invented} invented"
    )
