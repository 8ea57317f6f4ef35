"""Compares production with what the exchange has published.

Messages of a market's life have neither number nor time, so equal ones are numbered within the hour on each
connection. A gatherer that was started anew numbers anew, and where every gatherer has done so within the hour, equal
messages before and after are taken for one. So of these each distinct one has to be there, of everything else each
single one.

A snapshot goes to the one connection that asked for it. Where its host loses power or network in that moment, nobody
has it, and the next one takes its place: a few may be lost, but no book may come out wrong.
"""

from pathlib import Path

import msgspec

from kalshi_data.database import connect
from kalshi_data.simulator.verification import STREAMS, StreamCounts, count_books, count_stream, load_journal

COUNTED = "lifecycle_events"
ASKED_FOR = "orderbook_snapshots"
SNAPSHOTS_LOST_MAX = 10
DISTINCT = b"""
    with published as (
        select line #> '{frame, msg}' as payload
        from pg_temp.journal
        where line #>> '{frame, type}' in (
            'market_lifecycle_v2', 'multivariate_market_lifecycle', 'event_lifecycle', 'event_fee_update'
        )
    )
    select count(*) from (select payload from published except select payload from market_data.lifecycle_events) as lost
"""


class Comparison(msgspec.Struct, frozen=True):
    """Counts of each stream, how many distinct messages of a market's life are lost, and how many books are wrong."""

    streams: dict[str, StreamCounts]
    distinct_lost: int
    wrong_books: int

    @property
    def nothing_lost(self) -> bool:
        """Whether everything published is held, but for what is said above."""
        exact = [counts.lost for name, counts in self.streams.items() if name not in {COUNTED, ASKED_FOR}]
        return not any(exact) and not self.distinct_lost and self.streams[ASKED_FOR].lost <= SNAPSHOTS_LOST_MAX

    @property
    def complete(self) -> bool:
        """Whether nothing is lost and nothing invented, and all books come out right."""
        published = sum(counts.published for counts in self.streams.values())
        invented = sum(counts.invented for counts in self.streams.values())
        return self.nothing_lost and published > 0 and not invented and not self.wrong_books


def compare(production: str, journal: Path) -> Comparison:
    """Compare a production database with a journal."""
    with connect(production, application_name="compare") as connection:
        load_journal(connection, journal)
        row = connection.execute(DISTINCT).fetchone() or (0,)
        return Comparison(
            streams={name: count_stream(connection, name) for name in STREAMS},
            distinct_lost=int(row[0]),
            wrong_books=count_books(connection)[1],
        )
