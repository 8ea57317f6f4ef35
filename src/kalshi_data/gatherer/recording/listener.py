"""Who acts on what a connection says."""

from datetime import datetime
from typing import Protocol

from kalshi_data.kalshi.messages import Refusal
from kalshi_data.kalshi.sequence import SequenceGap


class Listener(Protocol):
    """Who acts on what a connection says; nobody does when the log is read again."""

    def acknowledged(self, command: int | None, sid: int | None, channel: str | None) -> None:
        """A command was carried out; `channel` is told where that made a subscription."""

    def refused(self, command: int | None, sid: int | None, refusal: Refusal) -> None:
        """The exchange sent an error."""

    def gap(
        self, sid: int, channel: str, frame_number: int, gap: SequenceGap, lost: set[str], began_at: datetime
    ) -> None:
        """Frames are missing; `lost` are the books that need a snapshot."""

    def snapshot(self, command: int | None, ticker: str, known: bool) -> None:
        """A book's snapshot arrived; the exchange may not know the market."""

    def clock_went_back(self, ticker: str) -> None:
        """A book's clock is lower than it was."""

    def lifecycle(self, kind: str, subject: str, payload: bytes) -> None:
        """A market's or an event's state changed."""
