"""Production's changes, compared with those that a gatherer's line received, however few lie between two snapshots."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from kalshi_data.database.connection import Connection, query
from kalshi_data.gatherer.recording.followed_books import FollowedBooks
from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.decoding import decode_envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import to_row
from tests.integration.completeness.test_minutes import classify, states
from tests.support.books import delta, ensure_partitions
from tests.support.coverage import at, beat, cover
from tests.support.engines import Database
from tests.support.line_checks import LineCheck, merge_line_checks

GAP = "select min(lower(during)), max(upper(during)) from ops.market_minutes, unnest(gap) as during"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        cover(connection, 1, 0, None)
        beat(connection, 1, 60)
        yield connection


class Line:
    """A connection of a gatherer on which one book grows, without the exchange's clock, and its comparisons."""

    def __init__(self) -> None:
        """Start with the first snapshot."""
        self.books = FollowedBooks()
        self.arrival = Arrival(1, at(0), Occurrences())
        self.arrival.last_changes = self.books.last_changes
        self.checks: list[LineCheck] = []
        self.seq = 0
        self.size = 100
        self.minute = 0
        self.audit(0)

    def _row(self, kind: str, moment: datetime, **values: Any) -> tuple[Any, ...]:
        self.seq += 1
        self.arrival.received_at, self.arrival.received_text = moment, moment.isoformat(" ")
        body = {"market_ticker": "KXA-1", "market_id": "x", **values}
        payload = msgspec.json.encode({"type": kind, "sid": 1, "seq": self.seq, "msg": body})
        return to_row(decode_envelope(payload), self.arrival)[1]

    def change(self, moment: datetime) -> None:
        """Receive a change of one contract."""
        self.size += 1
        values: dict[str, Any] = {"side": "yes", "price_dollars": "0.5000", "delta_fp": "1.00"}
        row = self._row("orderbook_delta", moment, **values, ts_ms=int(moment.timestamp() * 1000))
        self.books.change(row, "KXA-1")

    def audit(self, minute: int) -> None:
        """Receive a snapshot."""
        row = self._row("orderbook_snapshot", at(minute), yes_dollars_fp=[["0.5000", f"{self.size}.00"]])
        comparison, _ = self.books.snapshot(row, is_known=True)
        if comparison is not None:
            limits, (changes, inner) = comparison.row[9:11], comparison.row[11:13]
            self.checks.append(
                LineCheck(
                    began=self.minute,
                    ended=minute,
                    changes=changes,
                    inner=inner,
                    from_change=limits[0],
                    until_change=limits[1],
                    from_seq=round(self.minute * 600_000),
                )
            )
        self.minute = minute


def findings(ops: Connection, changes: int, is_held: Callable[[int], bool], invented: float | None = None) -> set[int]:
    """Let a line receive changes in each of ten minutes, and return the minutes that are proven in the end."""
    line, received = Line(), list[datetime]()
    for minute in range(10):
        for number in range(changes):
            received.append(at(minute) + timedelta(seconds=20 + 7 * number))
            line.change(received[-1])
        line.audit(minute + 1)
    line.audit(11)
    held = [moment for number, moment in enumerate(received) if is_held(number)]
    for moment in held:
        delta(ops, (moment - at(0)).total_seconds() / 60, 0, "yes", "0.5", "1", digits=3)
    if invented is not None:
        delta(ops, invented, 0, "yes", "0.5", "2", digits=3)
    merge_line_checks(ops, line.checks)
    for _ in range(3):
        ops.execute("update ops.line_counts set check_again_at = now()")
        ops.execute(query("production/books/count_line_changes"), {"counts_max": 1000})
    classify(ops)
    return set(states(ops).get("proven", set()))


@pytest.mark.parametrize("changes", [1, 2, 3])
def test_all_changes_are_held(ops: Connection, changes: int) -> None:
    assert findings(ops, changes, lambda _: True) == set(range(11))


@pytest.mark.parametrize("changes", [1, 2, 3])
def test_all_changes_are_lost(ops: Connection, changes: int) -> None:
    assert findings(ops, changes, lambda _: False) == set()


def test_each_second_change_is_lost(ops: Connection) -> None:
    assert findings(ops, 2, lambda number: number % 2 == 0) == set()
    ((first, last),) = ops.execute(GAP).fetchall()
    assert (first, last) == (at(0), at(11))


@pytest.mark.parametrize("lost", [0, 1, 5, 9])
def test_one_change_is_lost(ops: Connection, lost: int) -> None:
    """The next comparison counts the change, so neither minute is proven."""
    assert findings(ops, 1, lambda number: number != lost) == set(range(11)) - {lost, lost + 1}


def test_a_change_is_invented_in_the_millisecond_of_another(ops: Connection) -> None:
    assert findings(ops, 1, lambda _: True, invented=5 + 1 / 3) == set(range(11)) - {5, 6}
