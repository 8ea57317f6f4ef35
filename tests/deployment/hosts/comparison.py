"""Compares production with the messages that the exchange has published.

The exchange sends a snapshot only to the connection that requested it. If that host loses power or network at the same
moment, no gatherer receives it, and the next snapshot replaces it. So a few snapshots may be lost, but no book may be
wrong. Every other message must be in production.
"""

from pathlib import Path

import msgspec

from kalshi_data.database.connection import connect
from kalshi_data.simulator.verification import VERIFIED_STREAMS, StreamCounts, count_books, count_stream, load_journal

ASKED_FOR = "orderbook_snapshots"
SNAPSHOTS_LOST_MAX = 10


class Comparison(msgspec.Struct, frozen=True):
    """Counts of each stream, and the number of wrong books."""

    streams: dict[str, StreamCounts]
    wrong_books: int

    @property
    def lost(self) -> dict[str, int]:
        """How many messages of each stream production lacks."""
        return {name: counts.lost for name, counts in self.streams.items()}

    @property
    def nothing_lost(self) -> bool:
        """Whether production holds everything published, except a few snapshots as described above."""
        return all(lost <= (SNAPSHOTS_LOST_MAX if name == ASKED_FOR else 0) for name, lost in self.lost.items())

    @property
    def complete(self) -> bool:
        """Whether nothing is lost, nothing is invented and every book is right."""
        published = sum(counts.published for counts in self.streams.values())
        invented = sum(counts.invented for counts in self.streams.values())
        return self.nothing_lost and published > 0 and not invented and not self.wrong_books


def compare(production: str, journal: Path, *, with_books: bool = True) -> Comparison:
    """Compare a production database with a journal; without books, which take longest, none counts as wrong."""
    with connect(production, application_name="compare") as connection:
        load_journal(connection, journal)
        return Comparison(
            streams={name: count_stream(connection, name) for name in VERIFIED_STREAMS},
            wrong_books=count_books(connection)[1] if with_books else 0,
        )
