"""The books of the beginning of an hour save reading earlier files, and change no answer."""

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalshi_data.reader import Absent, Archive, Book, open_archive
from kalshi_data.reader.amounts import decimal
from tests.support.sample_archive import FED, HEAT, HOUR, Row, after, delta, made_levels, snapshot, write_rows

HOURS = [HOUR + timedelta(hours=number) for number in (-1, 0, 1)]
MARKETS = (HEAT, FED)
FIRST = -3500
STREAMS = ("orderbook_deltas", "orderbook_snapshots", "coverage", "books")


class Event(NamedTuple):
    """What happens next to a market: a change, or a snapshot of its book, some seconds after the last event."""

    market: str
    seconds: float
    side: str
    price: int
    size: int
    is_snapshot: bool
    has_clock: bool
    # A change's clock is below that of the one before; a snapshot is that of a book some changes ago.
    is_late: bool


EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(MARKETS),
        st.sampled_from([0.0, 0.000001, 0.5, 20, 250, 310, 900]),
        st.sampled_from(["yes", "no"]),
        st.integers(1, 5),
        st.integers(0, 3),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([True] * 15 + [False]),
        st.sampled_from([False] * 9 + [True]),
    ),
    max_size=40,
)
MOMENTS = st.lists(st.sampled_from([0, 3600]) | st.floats(FIRST, 7100), min_size=1, max_size=2)
GAPS = st.lists(st.tuples(st.sampled_from(MARKETS), st.integers(-59, 118)), max_size=2)


class Exchange:
    """Follows the books that events make, and keeps the rows of the archive."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {name: [] for name in STREAMS}
        self.seconds: float = FIRST
        self._states = {market: [(1, dict[tuple[str, str], int]())] for market in MARKETS}
        for number, market in enumerate(MARKETS):
            self.rows["orderbook_snapshots"].append(snapshot(FIRST + number, 1, {}, {}, market))

    def take(self, event: Event) -> None:
        """Let an event happen."""
        self.seconds = min(self.seconds + event.seconds, 7190)
        states = self._states[event.market]
        clock, book = states[-1]
        number = len(self.rows["orderbook_deltas"]) + len(self.rows["orderbook_snapshots"])
        if event.is_snapshot:
            of_clock, held = states[max(0, len(states) - 3)] if event.is_late and event.has_clock else states[-1]
            shown = {level: str(size) for level, size in held.items() if size}
            yes, no = ({price: size for (of, price), size in shown.items() if of == side} for side in ("yes", "no"))
            row = snapshot(self.seconds + 0.3, of_clock if event.has_clock else 0, yes, no, event.market)
            row |= {"occurrence": 0 if event.has_clock else number}
            self.rows["orderbook_snapshots"].append(row)
            return
        level = (event.side, f"0.{event.price}")
        change = event.size - book.get(level, 0)
        shown = max(1, clock - 1) if event.is_late else clock + 2
        states.append((max(clock, shown), {**book, level: event.size}))
        if change:
            shown = shown if event.has_clock else 0
            given = {"occurrence": number}
            row = delta(self.seconds, shown, *level, str(change), event.market, **given)
            self.rows["orderbook_deltas"].append(row)


def write(root: Path, rows: dict[str, list[Row]], streams: Sequence[str]) -> Archive:
    """Write the rows of some streams into the files of their hours."""
    times = {"orderbook_deltas": "exchange_ts", "orderbook_snapshots": "received_at", "coverage": "from_at"}
    for stream in streams:
        for hour in HOURS:
            until = hour + timedelta(hours=1)
            chosen = [row for row in rows[stream] if hour <= row[times.get(stream, "at")] < until]
            write_rows(root, stream, chosen, hour)
    return open_archive(root)


def checkpoints(archive: Archive) -> list[Row]:
    """Return the books at the beginning of each hour as production makes them."""
    found: list[Row] = []
    for hour in HOURS:
        for market in MARKETS:
            book = archive.book(market, hour, over_gaps=True)
            last = [each for each in snapshots_until(archive, market, hour) if each]
            if isinstance(book, Book) and last:
                sides = [book.yes_ladder, book.no_ladder]
                texts = [{str(decimal(price)): str(decimal(size)) for price, size in side.items()} for side in sides]
                yes, no = (made_levels(each) for each in texts)
                found.append(
                    {"market_ticker": market, "at": hour, "clock": book.clock, "yes_levels": yes, "no_levels": no}
                    | {"snapshot_at": last[-1]}
                )
    return found


def snapshots_until(archive: Archive, market: str, at: datetime) -> list[datetime]:
    rows = archive.snapshots(HOURS[0], HOURS[-1] + timedelta(hours=1), market, columns=["received_at"]).to_pylist()
    return [row["received_at"] for row in rows if row["received_at"] <= at]


def walked(archive: Archive, market: str, begin: datetime, end: datetime) -> list[Any]:
    """Return each step of a walk with its book, and whether it is proven."""
    return [
        ((step.turn._replace(proven=None, changes=sorted(step.changes)), book.copy()), step.proven)
        for step, book in archive.walk(market, begin, end)
    ]


def books_at(archive: Archive, at: datetime, **chosen: Any) -> list[Row]:
    return archive.books_at(at, **chosen).to_pylist()


@settings(max_examples=20)
@given(EVENTS, MOMENTS, GAPS)
def test_no_answer_changes(events: list[Event], seconds: list[float], gaps: list[tuple[str, int]]) -> None:
    exchange = Exchange()
    for event in events:
        exchange.take(event)
    for market, minute in gaps:
        run = {"market_ticker": market, "stream": "orderbook_deltas", "state": "gap"}
        exchange.rows["coverage"].append({**run, "from_at": after(60 * minute), "to_at": after(60 * minute + 60)})
    with tempfile.TemporaryDirectory() as name:
        without = write(Path(name) / "without", exchange.rows, STREAMS[:3])
        exchange.rows["books"] = checkpoints(without)
        archive = write(Path(name) / "with", exchange.rows, STREAMS)
        for at in map(after, seconds):
            for market in MARKETS:
                for over_gaps in (False, True):
                    expected = without.book(market, at, over_gaps=over_gaps)
                    assert archive.book(market, at, over_gaps=over_gaps) == expected
                end = at + timedelta(minutes=50)
                pairs = zip(walked(archive, market, at, end), walked(without, market, at, end), strict=True)
                for (step, proven), (expected_step, expected_proof) in pairs:
                    assert step == expected_step
                    # A change without a clock before the hour hides nothing of what came after it.
                    assert expected_proof in (proven, None)
            assert books_at(archive, at) == books_at(without, at)
            assert books_at(archive, at, markets="KXFED-*") == books_at(without, at, markets="KXFED-*")


def test_a_book_is_known_without_the_files_before_its_hour(tmp_path: Path) -> None:
    rows: dict[str, list[Row]] = {
        "orderbook_deltas": [delta(60, 9, "yes", "0.4", "2"), delta(61, 5, "no", "0.3", "1", FED)]
    }
    rows["books"] = [
        {"market_ticker": each, "at": HOUR, "clock": 5, "yes_levels": made_levels({"0.4": "1"}), "no_levels": []}
        | {"snapshot_at": HOUR - timedelta(hours=4)}
        for each in MARKETS
    ]
    for stream in ("orderbook_deltas", "books", "orderbook_snapshots"):
        write_rows(tmp_path, stream, rows.get(stream, []))
    archive = open_archive(tmp_path)
    book = archive.book(HEAT, after(70))
    assert isinstance(book, Book)
    assert (book.yes, book.clock) == ({Decimal("0.4"): Decimal(3)}, 9)
    (step, opened), *_ = archive.walk(HEAT, after(30), after(90))
    assert (step.clock, opened.is_known) == (5, True)
    # A change with a clock that the book already has belongs to a snapshot that is not there.
    assert isinstance(archive.book(FED, after(70)), Absent)
    assert {row["market_ticker"] for row in books_at(archive, after(70))} == {HEAT}
    assert {row["market_ticker"] for row in books_at(archive, after(59))} == {HEAT, FED}


@pytest.mark.parametrize("price", ["2.097151", "3"])
def test_a_price_that_is_no_probability_is_exact(tmp_path: Path, price: str) -> None:
    write_rows(tmp_path, "orderbook_snapshots", [snapshot(1, 1, {price: "4"}, {}), snapshot(2, 7, {}, {}, FED)])
    write_rows(tmp_path, "orderbook_deltas", [delta(400, 8, "no", price, "5", FED), delta(401, 8, "yes", "0.5", "1")])
    write_rows(tmp_path, "books", [])
    found = [(row["market_ticker"], row["price"], row["size"]) for row in books_at(open_archive(tmp_path), after(500))]
    assert found == [
        (FED, Decimal(price), Decimal(5)),
        (HEAT, Decimal(price), Decimal(4)),
        (HEAT, Decimal("0.5"), Decimal(1)),
    ]
