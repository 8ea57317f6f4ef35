"""Gatherers store equal snapshots once in an hour: production holds and proves the same as if they stored all."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import query
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import FRAME, Kind, LogRecord
from kalshi_data.gatherer.recording.batch import Item, write_batch
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.stored_snapshots import StoredSnapshots
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.timestamps import EPOCH
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.merging import MIDNIGHT, Row, deal, digest, merged
from tests.support.receiving import BOOKS_SUBSCRIBED, delta, fetch, snapshot
from tests.support.staging import merge

GATHERERS = (1, 2)
SNAPSHOTS = "orderbook_snapshots"
STAGED = (
    *("received_at", "market_ticker", "market_id", "clock", "yes_prices", "yes_sizes", "no_prices", "no_sizes"),
    *("occurrence", "last_change_at"),
)
HELD = "select * from market_data.orderbook_snapshots order by 1, 2, 3, 4, 5"
CHECKED = "select * from ops.check_books(1000)"
PROVEN = {
    "snapshots": "select * from market_data.orderbook_snapshots order by 1, 2, 3, 4, 5",
    "changes": "select count(*) from market_data.orderbook_deltas",
    "checks": "select market_ticker, until_at, from_at, is_proven from ops.book_checks order by 1, 2",
    "lines": "select market_ticker, gatherer_id, from_at, until_at, check_count from ops.line_checks order by 1, 2, 3",
    "times": "select * from ops.line_proofs('KXA-1', '[2020-01-01, infinity)')",
    "book": "select * from market_data.book_at('KXA-1', now()) order by 1, 2",
}


class Step(NamedTuple):
    """Seconds that pass, then a change of the book, an audit by a gatherer, or its new connection."""

    seconds: float
    kind: str
    gatherer: int
    has_clock: bool
    has_time: bool
    has_id: bool


def draw_steps(chance: random.Random) -> list[Step]:
    """Mostly audits; sometimes a message lacks what others have."""
    return [
        Step(
            chance.choice([0.5, 60, 600, 1700]),
            chance.choice(["change", *["audit"] * 6, chance.choice(["audit", "connect"])]),
            chance.choice(GATHERERS),
            *(chance.random() < 0.8 for _ in range(3)),
        )
        for _ in range(24)
    ]


class Line:
    """One gatherer's connections, and the items that their frames are decoded to."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._number = 0
        self._seq = 0
        self._decoder = FrameDecoder(1, WritingSettings())

    def connect(self, ns: int) -> None:
        if self._number:
            self._decode(ns, Kind.CLOSED, b'{"reason":""}')
        self._decoder, self._seq = FrameDecoder(self._number + 1, WritingSettings()), 0
        self._decode(ns, Kind.OPENED, b'{"name":"books-1","url":"wss://exchange"}')
        self._decode(ns, Kind.SENT, b'{"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"]}}')
        self._decode(ns, FRAME, BOOKS_SUBSCRIBED)

    def change(self, ns: int, body: dict[str, Any]) -> None:
        self._seq += 1
        self._decode(ns, FRAME, delta(self._seq, **body))

    def audit(self, ns: int, body: dict[str, Any]) -> None:
        self._seq += 1
        self._decode(ns, FRAME, snapshot(self._seq, **body))

    def _decode(self, ns: int, kind: int, payload: bytes) -> None:
        self._number += 1
        record = LogRecord(self._number, ns, self._decoder.connection_id, kind, payload)
        self.items += self._decoder.decode(record).items


def play(steps: Iterable[Step], began_ns: int) -> dict[int, Line]:
    """Let all gatherers receive one book's changes, and each its own audits, some of them with less known."""
    lines = {gatherer: Line() for gatherer in GATHERERS}
    for line in lines.values():
        line.connect(began_ns)
    clock, ns = 0, began_ns
    for step in steps:
        ns += int(step.seconds * 1e9)
        if step.kind == "change":
            clock += 1
            # The size goes up and down, so that equal levels come again with another clock.
            body = {"delta_fp": "1.00" if clock % 2 else "-1.00", "clock": clock if step.has_clock else None}
            body |= {"ts_ms": ns // 1_000_000 if step.has_time else None}
            for line in lines.values():
                line.change(ns, body)
        elif step.kind == "audit":
            levels = [["0.4100", f"{5 + clock % 2}.00"]]
            body = {"yes_dollars_fp": levels, "clock": clock if step.has_clock else None}
            lines[step.gatherer].audit(ns, {**body, "market_id": "m" if step.has_id else ""})
        else:
            lines[step.gatherer].connect(ns)
    return lines


def staged(gatherer: int, item: Item) -> Row:
    """Return the row of a snapshot as production polls it."""
    row = dict(zip(STAGED, (item.row[0], *item.row[5:14]), strict=True))
    return {**row, "gatherer_id": gatherer, "levels_sha256": digest(*item.row[8:12])}


def stored_numbers(items: Sequence[Item], cuts: Iterable[int], lost: int) -> set[int]:
    """Return the frames whose rows a gatherer stores that commits batch after batch, and loses a connection before."""
    snapshots, stored = StoredSnapshots(), set[int]()
    for number, batch in enumerate(deal(items, cuts)):
        if number == lost:
            snapshots.clear()
        selected = snapshots.select(batch)
        # Whatever proves a book is stored in any case.
        assert [item for item in batch if item.stream != SNAPSHOTS] == [
            item for item in selected if item.stream != SNAPSHOTS
        ]
        stored |= {item.number for item in snapshots.keep() if item.stream == SNAPSHOTS}
    return stored


def test_production_holds_the_same_in_whatever_batches_it_polls(production: Database) -> None:
    counts = {True: 0, False: 0}
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/orderbook_snapshots"))

        @hypothesis_settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
        @given(st.integers(0, 2**32))
        def whatever(seed: int) -> None:
            chance = random.Random(seed)
            # The steps lie around midnight.
            lines = play(
                draw_steps(chance), (MIDNIGHT - timedelta(hours=2) - EPOCH) // timedelta(microseconds=1) * 1000
            )
            rows: list[tuple[int, Item, bool]] = []
            for gatherer, line in lines.items():
                cuts = [chance.randrange(60) for _ in range(chance.randint(0, 8))]
                kept = stored_numbers(line.items, cuts, lost=chance.randrange(20))
                rows += [(gatherer, item, item.number in kept) for item in line.items if item.stream == SNAPSHOTS]
            # Each gatherer's rows come in order, but the gatherers may be any time behind each other.
            order = chance.sample([gatherer for gatherer, _, _ in rows], len(rows))
            waiting = {gatherer: iter([row for row in rows if row[0] == gatherer]) for gatherer in GATHERERS}
            polled = [next(waiting[gatherer]) for gatherer in order]
            batches = deal(polled, [chance.randrange(25) for _ in range(chance.randint(0, 4))])
            everything = [[staged(gatherer, item) for gatherer, item, _ in batch] for batch in batches]
            once = [[staged(gatherer, item) for gatherer, item, is_kept in batch if is_kept] for batch in batches]
            assert merged(connection, SNAPSHOTS, once, [HELD]) == merged(connection, SNAPSHOTS, everything, [HELD])
            for _, _, is_kept in rows:
                counts[is_kept] += 1

        whatever()
    assert min(counts.values()) > 50


def proofs(production: Database) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    with production.connect("deduplicator") as connection:
        connection.execute(CHECKED)
        for name, statement in PROVEN.items():
            yield name, connection.execute(statement.encode()).fetchall()


def test_audits_of_a_quiet_book_are_proven_with_a_quarter_of_the_rows(make_database: MakeDatabase) -> None:
    began_ns = (MIDNIGHT - EPOCH) // timedelta(microseconds=1) * 1000
    audit = Step(900, "audit", 1, has_clock=True, has_time=True, has_id=True)
    change = audit._replace(seconds=30, kind="change")
    line = play([change, audit, change, change, *[audit] * 12], began_ns)[1]
    whole, gatherer = make_database("kalshi_ts"), make_database("kalshi_ts")
    counters = Counters()
    committer = Committer(gatherer.conninfo("gatherer"), WritingSettings(), counters)
    with whole.connect("gatherer") as connection:
        for hour in range(5):
            moment = MIDNIGHT + timedelta(hours=hour)
            connection.execute(query("capture/record/ensure_partitions"), {"moment": moment})
        for batch in deal(line.items, range(0, 40, 3)):
            write_batch(connection, batch, batch[-1].number if batch else 0)
            committer.commit(batch, batch[-1].number if batch else 0)
    committer.disconnect()
    stored = "select count(*) from capture.orderbook_snapshots"
    # The book before the changes, that after them, and one in each of the next three hours.
    assert (fetch(whole, stored), fetch(gatherer, stored)) == ([(13,)], [(5,)])
    assert counters.snapshots_repeated == 8
    assert counters.committed_rows["book_checks"] == 12
    productions = make_database("production"), make_database("production")
    merge(productions[0], [whole])
    merge(productions[1], [gatherer])
    today, once = dict(proofs(productions[0])), dict(proofs(productions[1]))
    assert once == today
    assert [is_proven for *_, is_proven in once["checks"]] == [True]
    assert once["lines"][0][4] == 12


def test_what_the_database_may_have_lost_is_stored_again(kalshi_ts: Database) -> None:
    audits = [Step(60, "audit", 1, has_clock=True, has_time=True, has_id=True)] * 3
    line = play(audits, (MIDNIGHT - EPOCH) // timedelta(microseconds=1) * 1000)[1]
    first, second, third = (item for item in line.items if item.stream == SNAPSHOTS)
    refused = msgspec.structs.replace(second, row=(*second.row[:6], "\0", *second.row[7:]))
    committer = Committer(kalshi_ts.conninfo("gatherer"), WritingSettings(), Counters())
    stored = "select frame_number from capture.orderbook_snapshots order by 1"
    committer.commit([first, refused, second], second.number)
    assert fetch(kalshi_ts, stored) == [(first.number,)]
    assert fetch(kalshi_ts, "select frame_number from capture.quarantine") == [(second.number,)]
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.orderbook_snapshots")
        others = "pid <> pg_backend_pid() and datname = current_database()"
        connection.execute(f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where {others}".encode())
    committer.commit([third], third.number)
    committer.disconnect()
    assert fetch(kalshi_ts, stored) == [(third.number,)]
