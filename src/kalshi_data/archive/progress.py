"""What the exporter knows of itself, for health and figures; written by its thread, read by any."""

from datetime import UTC, datetime
from typing import NamedTuple


class StreamProgress(NamedTuple):
    """How far one stream has come."""

    stream: str
    hours_verified: int
    hours_due: int
    due_since: datetime | None
    bytes: int
    newest_hour: datetime | None
    error: str | None


class ArchiveState:
    """How the archive goes."""

    def __init__(self) -> None:
        """Begin with nothing exported."""
        self.hours_exported = 0
        self.rows_exported = 0
        self.bytes_exported = 0
        self.failures = 0
        self.error: str | None = None
        self.progress: list[StreamProgress] = []

    @property
    def hours_due(self) -> int:
        """How many hours wait to be written and read back."""
        return sum(each.hours_due for each in self.progress)

    @property
    def due_seconds(self) -> float:
        """For how long the oldest of them has waited."""
        waiting = [each.due_since for each in self.progress if each.due_since]
        return (datetime.now(UTC) - min(waiting)).total_seconds() if waiting else 0.0

    def exported(self, rows: int, size: int) -> None:
        """Count an hour that is in the archive."""
        self.hours_exported += 1
        self.rows_exported += rows
        self.bytes_exported += size

    def failed(self, error: str) -> None:
        """Note what went wrong last."""
        self.failures += 1
        self.error = error
