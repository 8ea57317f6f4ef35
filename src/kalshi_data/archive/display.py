"""Progress of an export on a terminal or in a log, or not shown at all."""

import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kalshi_data.archive.partitions import ArchiveHour


class ExportProgress(Protocol):
    """Receives the progress of an export."""

    def start(self, hour: ArchiveHour, rows: int) -> None:
        """Start an hour that has `rows` rows."""
        ...

    def advance(self, rows: int) -> None:
        """Count `rows` more of its rows as read."""
        ...

    def end(self, hour: ArchiveHour, outcome: str) -> None:
        """End an hour with its outcome."""
        ...


class NoProgress:
    """Shows nothing; the log has what matters."""

    def start(self, hour: ArchiveHour, rows: int) -> None:
        """Show nothing."""

    def advance(self, rows: int) -> None:
        """Show nothing."""

    def end(self, hour: ArchiveHour, outcome: str) -> None:
        """Show nothing."""


class ProgressBar:
    """Shows a bar for the current hour on a terminal, and a line for each hour that ended."""

    def __init__(self) -> None:
        """Prepare to show on standard error."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False, markup=False, soft_wrap=True),
            disable=not sys.stderr.isatty(),
        )
        self._task: TaskID | None = None
        self.hours = 0
        self.failures = 0

    def __enter__(self) -> Self:
        """Start to show."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal."""
        self._progress.stop()

    def start(self, hour: ArchiveHour, rows: int) -> None:
        """Show a bar for an hour."""
        self._task = self._progress.add_task(label(hour), total=rows)

    def advance(self, rows: int) -> None:
        """Advance the bar."""
        if self._task is not None:
            self._progress.advance(self._task, rows)

    def end(self, hour: ArchiveHour, outcome: str) -> None:
        """Remove the bar and print a line."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        self.hours += outcome == EXPORT_VERIFIED
        self.failures += outcome not in (EXPORT_VERIFIED, EXPORT_OUTDATED)
        self._progress.console.print(f"{label(hour)}: {outcome}")


EXPORT_VERIFIED = "verified"
EXPORT_OUTDATED = "rows came meanwhile, it is written again"


def label(hour: ArchiveHour) -> str:
    """Return the name of an hour."""
    form = "%Y-%m-%d" if hour.stream.time_column is None else "%Y-%m-%d %H:00"
    return f"{hour.stream.name} {hour.begins_at:{form}}"
