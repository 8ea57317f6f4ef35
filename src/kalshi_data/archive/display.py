"""How the export goes, for whoever looks on: nobody, a terminal, or a file."""

import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kalshi_data.archive.partitions import ArchiveHour


class ExportProgress(Protocol):
    """Is told how the work goes."""

    def begin(self, hour: ArchiveHour, rows: int) -> None:
        """Say that an hour of so many rows is written next."""
        ...

    def wrote(self, rows: int) -> None:
        """Say that so many more of its rows are read."""
        ...

    def end(self, hour: ArchiveHour, outcome: str) -> None:
        """Say what became of it."""
        ...


class NoProgress:
    """Shows nothing: what matters is logged."""

    def begin(self, hour: ArchiveHour, rows: int) -> None:
        """Show nothing."""

    def wrote(self, rows: int) -> None:
        """Show nothing."""

    def end(self, hour: ArchiveHour, outcome: str) -> None:
        """Show nothing."""


class ProgressBar:
    """A bar on a terminal for the hour at work, and a line for each that is done."""

    def __init__(self) -> None:
        """Prepare to show on standard error."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False, soft_wrap=True),
            disable=not sys.stderr.isatty(),
        )
        self._task: TaskID | None = None
        self.hours = 0
        self.failures = 0

    def __enter__(self) -> Self:
        """Begin to show."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()

    def begin(self, hour: ArchiveHour, rows: int) -> None:
        """Show a bar for an hour."""
        self._task = self._progress.add_task(label(hour), total=rows)

    def wrote(self, rows: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task, rows)

    def end(self, hour: ArchiveHour, outcome: str) -> None:
        """Take the bar away and print a line."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        self.hours += outcome == VERIFIED
        self.failures += outcome not in (VERIFIED, TOUCHED)
        self._progress.console.print(f"{label(hour)}: {outcome}")


VERIFIED = "verified"
TOUCHED = "rows came meanwhile, it is written again"


def label(hour: ArchiveHour) -> str:
    """Return how an hour is called."""
    form = "%Y-%m-%d" if hour.stream.time_column is None else "%Y-%m-%d %H:00"
    return f"{hour.stream.name} {hour.begins_at:{form}}"
