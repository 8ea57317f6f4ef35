"""Show progress while the demo runs, and a table with the result at its end."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kalshi_data.cli.tables import table
from kalshi_data.demo.summary import ProvenMinutes, RunSummary

LINE_SECONDS = 5.0
LOG_COLUMNS = 140


class RunDisplay:
    """Shows a progress bar on a terminal, otherwise a line every LINE_SECONDS."""

    def __init__(self) -> None:
        """Prepare the bar; entering the context shows it."""
        self.console = Console(soft_wrap=True, highlight=False, markup=False)
        has_bar = self.console.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
        self._progress = Progress(
            *columns, TimeElapsedColumn(), console=self.console, transient=True, disable=not has_bar
        )
        self._task = self._progress.add_task("starting", total=None, note="")
        self._has_bar = has_bar
        self._printed_at = time.monotonic()

    def __enter__(self) -> "RunDisplay":
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        self._progress.stop()

    def step(self, text: str) -> None:
        """Show a step of unknown length."""
        self._progress.update(self._task, description=text, total=None, note="")
        if not self._has_bar:
            self.console.print(f"{text} ...")

    def advance(self, done: int, total: int, unit: str, rows: int) -> None:
        """Show how much the exchange has done, and how many rows production holds."""
        note = f"{done:,} of {total:,} {unit}, {rows:,} rows in production"
        self._progress.update(self._task, completed=done, total=total, note=note)
        if not self._has_bar and time.monotonic() - self._printed_at > LINE_SECONDS:
            self._printed_at = time.monotonic()
            self.console.print(f"  {note}")


def show(summary: RunSummary) -> None:
    """Print the table of streams and the result."""
    console = Console(soft_wrap=True, highlight=False, markup=False, width=None if sys.stdout.isatty() else LOG_COLUMNS)
    gatherers = list(next(iter(summary.streams.values())).received)
    title = f"rows per stream; g1 to g{len(gatherers)}: received by each gatherer"
    received = [f"g{number}" for number in range(1, len(gatherers) + 1)]
    counted = ("published", *received, "polled", "new", "duplicate", "production", "lost", "invented")
    streams = table("stream", *counted, title=title)
    for name, each in summary.streams.items():
        counts = (each.published, *each.received.values(), each.polled, each.new, each.duplicate)
        streams.add_row(name, *(f"{count:,}" for count in (*counts, each.production, each.lost, each.invented)))
    console.print(streams)
    if summary.unreadable or summary.quarantined or summary.gaps:
        console.print(
            f"{summary.unreadable} unreadable frames published; over all gatherers "
            f"{summary.quarantined} frames in quarantine, {summary.gaps} sequence gaps"
        )
    if summary.withheld:
        console.print(f"messages not compared, about markets that no gatherer had subscribed: {summary.withheld:,}")
    if summary.books:
        console.print(f"books after each change: {summary.books:,} compared, {summary.wrong_books:,} wrong")
    for each in summary.rollouts:
        console.print(f"{each.client}, connections {each.group}: without {each.lacking or 'nothing'}")
    console.print(describe_proof(summary.proven_minutes))
    console.print(
        f"archive: {summary.archive.hours:,} hours of {summary.archive.streams} streams, {summary.archive.rows:,} rows "
        f"in {summary.archive.bytes / 1000:,.0f} kB, each row compared with production"
    )
    console.print(
        f"{summary.result}: {summary.published} published, {summary.production} in production, "
        f"{summary.lost} lost, {summary.invented} invented"
    )


def describe_proof(minutes: ProvenMinutes) -> str:
    """Return how much of the time in which books changed is proven, and by what."""
    if not minutes.active:
        return "no book changed while it was covered"
    proven, line, check, both = (
        f"{100 * part / minutes.active:.1f} %"
        for part in (minutes.proven, minutes.by_line, minutes.by_check, minutes.by_both)
    )
    due = f" ({100 * minutes.due_proven / minutes.due:.1f} % before the last round of audits)" if minutes.due else ""
    return (
        f"book-minutes with changes: {minutes.active:,.0f}, of which {proven} are proven{due}: {line} by connections "
        f"of gatherers, {check} by production's check, {both} by each"
    )
