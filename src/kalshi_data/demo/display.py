"""Show progress while the demo runs, and a table with the result at its end."""

import os
import time
from collections.abc import Iterator

from rich.progress import ProgressColumn, Task
from rich.text import Text

from kalshi_data.cli.fitted_table import FittedTable
from kalshi_data.cli.progress import NarrowProgress
from kalshi_data.cli.tables import make_console, print_line, span, table
from kalshi_data.demo.summary import Judged, ProvenMinutes, RunSummary

LINE_SECONDS = 5.0
STANDARD_ERROR = 2
STATES = ("proven", "idle", "halted", "covered", "repaired", "gap")


class SinceStart(ProgressColumn):
    """The time since the demo started, over all of its steps."""

    def __init__(self) -> None:
        """Start now."""
        super().__init__()
        self._started_at = time.monotonic()

    def render(self, task: Task) -> Text:
        """Return the time, however long this step takes."""
        del task
        return Text(span(time.monotonic() - self._started_at))


class RunDisplay:
    """Shows a progress bar on a terminal, otherwise a line every LINE_SECONDS."""

    def __init__(self) -> None:
        """Prepare the bar; entering the context shows it."""
        self.console = make_console()
        self.progress = NarrowProgress(SinceStart(), self.console, transient=True)
        self._task = self.progress.add_task("starting", total=None, note="")
        self._has_bar = self.console.is_terminal
        self._printed_at = time.monotonic()
        self._is_interrupted = False

    def __enter__(self) -> "RunDisplay":
        """Show the bar."""
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        self.progress.stop()

    def step(self, text: str) -> None:
        """Show a step of unknown length."""
        self.progress.remove_task(self._task)
        self._task = self.progress.add_task(text, total=None, note="")
        if not self._has_bar:
            print_line(self.console, f"{text} ...")

    def note(self, text: str) -> None:
        """Print a line that stays."""
        print_line(self.console, f"  {text}")

    def advance(self, done: int, total: int, unit: str, rows: int) -> None:
        """Show how much the exchange has done, and how many rows production holds."""
        note = f"{done:,} of {total:,} {unit}, {rows:,} rows in production"
        self.progress.update(self._task, completed=done, total=total, note=note)
        if not self._has_bar and (done >= total or time.monotonic() - self._printed_at > LINE_SECONDS):
            self._printed_at = time.monotonic()
            print_line(self.console, f"  {note}")

    def interrupted(self) -> None:
        """Print at once that everything is stopped; a signal handler may call this."""
        if not self._is_interrupted:
            self._is_interrupted = True
            self.progress.stop()
            # The interrupted code may be inside a write to standard error, so its buffer is left alone.
            os.write(STANDARD_ERROR, b"stopping ...\n")


def show(summary: RunSummary) -> None:
    """Print the table of streams and the result."""
    console = make_console()
    console.print(streams_table(summary))
    for line in explain(summary):
        print_line(console, line)
    print_line(
        console,
        f"{summary.result}: {summary.published:,} published, {summary.production:,} in production, "
        f"{summary.lost:,} lost, {summary.invented:,} invented",
    )


def streams_table(summary: RunSummary) -> FittedTable:
    """Return the counts of each stream: first what the verdict needs, then how it came about."""
    gatherers = list(next(iter(summary.streams.values())).received)
    received = [f"g{number}" for number in range(1, len(gatherers) + 1)]
    verdict, steps = ("published", "production", "lost", "invented"), (*received, "polled", "new", "duplicate")
    title = f"rows per stream; g1 to g{len(gatherers)}: received by each gatherer"
    streams = table("stream", *verdict, *steps, title=title, breaks=("g1",))
    for name, each in summary.streams.items():
        counts = (each.published, each.production, each.lost, each.invented)
        counts += (*each.received.values(), each.polled, each.new, each.duplicate)
        streams.add_row(name, *(f"{count:,}" for count in counts))
    return streams


def explain(summary: RunSummary) -> Iterator[str]:
    """Yield a sentence on everything that the table leaves open."""
    yield (
        "each gatherer receives order books on one connection, everything else on two: production keeps one row of "
        "all copies"
    )
    if summary.unreadable or summary.quarantined or summary.gaps:
        yield (
            f"{summary.unreadable:,} unreadable frames published; over all gatherers "
            f"{summary.quarantined:,} frames in quarantine, {summary.gaps:,} sequence gaps"
        )
    if summary.withheld:
        yield f"messages not compared, about markets that no gatherer had subscribed: {summary.withheld:,}"
    if summary.books:
        yield f"books after each change: {summary.books:,} compared, {summary.wrong_books:,} wrong"
    for each in summary.rollouts:
        yield f"{each.client}, connections {each.group}: without {each.lacking or 'nothing'}"
    yield describe_proof(summary.proven_minutes)
    if summary.judged:
        yield describe_judged(summary.judged)
    archive = summary.archive
    yield (
        f"archive: {archive.hours:,} files, one for each hour or day of each of {archive.streams} streams (also of the "
        f"registry), with {archive.rows:,} rows in {archive.bytes / 1000:,.0f} kB, each row compared with production"
    )


def describe_judged(judged: Judged) -> str:
    """Return the states of the minutes until the first gatherer stopped."""
    total = sum(judged.minutes.values())
    shares = ((state, 100 * judged.minutes.get(state, 0) / total) for state in STATES)
    states = ", ".join(f"{share:.1f} % {state}" for state, share in shares if share or state == "gap")
    return f"completeness, minutes of books until {judged.until_at:%H:%M} UTC: {total:,.0f}, of which {states}"


def describe_proof(minutes: ProvenMinutes) -> str:
    """Return how much of the time in which books changed is proven, and by what."""
    if not minutes.active:
        return "no book changed while it was covered"
    proven, line, check, both = (
        f"{100 * part / minutes.active:.1f} %"
        for part in (minutes.proven, minutes.by_line, minutes.by_check, minutes.by_both)
    )
    due = (
        f"; {100 * minutes.due_proven / minutes.due:.1f} % of the {minutes.due:,.0f} before the last round of audits, "
        "since only a later audit proves a change"
        if minutes.due
        else ""
    )
    return (
        f"proven complete: {proven} of {minutes.active:,.0f} minutes of books with changes ({line} by connections of "
        f"gatherers, {check} by production's check, {both} by each){due}"
    )
