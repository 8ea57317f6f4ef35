"""Progress of an export on a terminal or in a log, or not shown at all."""

from types import TracebackType
from typing import Protocol, Self

from rich.progress import TaskID, TimeRemainingColumn

from kalshi_data.archive.partitions import ArchiveHour
from kalshi_data.cli.progress import NarrowProgress
from kalshi_data.cli.tables import make_console, print_line


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
        self._console = make_console(stderr=True)
        self.progress = NarrowProgress(TimeRemainingColumn(), self._console)
        self._rows = self._rows_total = 0
        self._task: TaskID | None = None
        self.hours = 0
        self.failures = 0

    def __enter__(self) -> Self:
        """Start to show."""
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal."""
        self.progress.stop()

    def start(self, hour: ArchiveHour, rows: int) -> None:
        """Show a bar for an hour."""
        self._rows, self._rows_total = 0, rows
        self._task = self.progress.add_task(label(hour), total=rows, note=self._note())

    def advance(self, rows: int) -> None:
        """Advance the bar."""
        if self._task is not None:
            self._rows += rows
            self.progress.update(self._task, completed=self._rows, note=self._note())

    def end(self, hour: ArchiveHour, outcome: str) -> None:
        """Remove the bar and print a line."""
        if self._task is not None:
            self.progress.remove_task(self._task)
            self._task = None
        self.hours += outcome == EXPORT_VERIFIED
        self.failures += outcome not in (EXPORT_VERIFIED, EXPORT_OUTDATED)
        print_line(self._console, f"{label(hour)}: {outcome}")

    def _note(self) -> str:
        return f"{self._rows:,} of {self._rows_total:,} rows"


EXPORT_VERIFIED = "verified"
EXPORT_OUTDATED = "rows came meanwhile, it is written again"


def label(hour: ArchiveHour) -> str:
    """Return the name of an hour."""
    form = "%Y-%m-%d" if hour.stream.time_column is None else "%Y-%m-%d %H:00"
    return f"{hour.stream.name} {hour.begins_at:{form}}"
