"""State of the exporter, for health and metrics; its thread writes it, any thread may read it."""

from datetime import UTC, datetime
from typing import NamedTuple


class StreamProgress(NamedTuple):
    """How much of one stream is archived."""

    stream: str
    hours_verified: int
    hours_due: int
    due_since: datetime | None
    bytes: int
    newest_hour: datetime | None
    error: str | None
    hours_failing: int = 0
    hours_open: int = 0

    @property
    def hours(self) -> dict[str, int]:
        """The hours by state; each is in one: those that fail are due, too, and are not counted as due here."""
        due = self.hours_due - self.hours_failing
        return {"verified": self.hours_verified, "due": due, "failing": self.hours_failing, "open": self.hours_open}


class ArchiveState:
    """Counts of this process, and how much of each stream is archived."""

    def __init__(self) -> None:
        """Start with nothing exported."""
        self.hours_exported = 0
        self.rows_exported = 0
        self.bytes_exported = 0
        self.failures = 0
        self.error: str | None = None
        self.progress: list[StreamProgress] = []

    @property
    def hours_due(self) -> int:
        """Hours that wait to be written and read back."""
        return sum(each.hours_due for each in self.progress)

    @property
    def due_seconds(self) -> float:
        """How long the oldest of these hours has waited."""
        waiting = [each.due_since for each in self.progress if each.due_since]
        return (datetime.now(UTC) - min(waiting)).total_seconds() if waiting else 0.0

    def exported(self, rows: int, size: int) -> None:
        """Count an hour that was written."""
        self.hours_exported += 1
        self.rows_exported += rows
        self.bytes_exported += size

    def failed(self, error: str) -> None:
        """Count a failure and keep its error."""
        self.failures += 1
        self.error = error
