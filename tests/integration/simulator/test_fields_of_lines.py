"""Three lines whose fields come and go: production is complete, and the comparison sees what is lost or invented."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.simulator.faults.rollouts import GROUPS, field_changes
from kalshi_data.simulator.feed.field_sets import NO_FIELDS, FieldSet
from kalshi_data.simulator.verification import Verification, load_journal, verify_journal
from tests.support.books import ensure_partitions
from tests.support.engines import Database
from tests.support.exchange_lines import Lines
from tests.support.staging import merge, receive

LINES = (1, 2, 3)
TICKS = 300
TICK_SECONDS = 0.01
CONTROL = {"subscribed", "ok", "error"}
Frame = dict[str, Any]


@pytest.fixture
def gatherers(make_database: Callable[[str], Database]) -> list[Database]:
    return [make_database("kalshi_ts") for _ in LINES]


def run(journal: Path, seed: int | None = None, without: FieldSet = NO_FIELDS) -> list[list[Frame]]:
    """Play some seconds with field changes of a seed and return what each line was sent."""
    lines = Lines(journal, len(LINES), without, deltas_per_second=400)
    changes = field_changes(seed or 0, len(LINES) * GROUPS)
    due = 0.0
    change = next(changes)
    for tick in range(TICKS):
        while seed is not None and due <= tick * TICK_SECONDS:
            if change.client < len(LINES) and not change.group:
                lines.sessions[change.client].fields.lack(without | change.lacked)
            change = next(changes)
            due += change.after_seconds / 4
        if tick % 100 == 50:
            lines.audit()
        lines.play()
    lines.journal()
    return [[each for each in lines.frames(number) if each["type"] not in CONTROL] for number in LINES]


def merged(production: Database, gatherers: list[Database], journal: Path, lines: list[list[Frame]]) -> Verification:
    """Let each gatherer receive its line at the same time, however slow this machine is, merge them, and compare."""
    now = datetime.now(UTC)
    for number, (gatherer, frames) in enumerate(zip(gatherers, lines, strict=True), start=1):
        receive(gatherer, frames, now, number)
    merge(production, gatherers)
    return verify_journal(production.conninfo(), journal)


@pytest.mark.parametrize("without", ["clock,ts", "ts", "clock,sending_ts_ms,market_id"])
def test_fields_that_no_line_has_count_as_not_published(
    production: Database, gatherers: list[Database], tmp_path: Path, without: str
) -> None:
    lines = run(journal := tmp_path / "journal", without=frozenset(without.split(",")) - {""})
    found = merged(production, gatherers, journal, lines)
    assert found.complete, str(found)
    assert found.books > 500


DELTA = {"market_ticker": "KXA-1", "market_id": "m", "price_dollars": "0.4100", "delta_fp": "2.00", "side": "yes"}
MS = 1_793_109_600_447
PUBLISHED_AT = datetime.fromtimestamp(MS // 1000, UTC) + timedelta(milliseconds=MS % 1000)
Labels = tuple[int | None, int | None]
# A time that is not known at all, in µs.
UNDATED = -1
BOTH = ["clock", "ts"]
TIMES = ["ts", "ts_ms"]
# What was published (µs of the time, clock), what a line lacked, and what production holds: µs, or None for a time of
# milliseconds, and the clock.
COMPARED: dict[str, tuple[list[Labels], list[str], list[Labels], tuple[int, int]]] = {
    "equal": ([(1, 5)], [], [(1, 5)], (0, 0)),
    "poorer, though all lines had all fields": ([(1, 5)], [], [(None, 5)], (1, 1)),
    "poorer time": ([(1, 5)], BOTH, [(None, 5)], (0, 0)),
    "poorer time, though all lines had it": ([(1, 5)], ["clock"], [(None, 5)], (1, 1)),
    "no clock": ([(1, 5)], BOTH, [(1, None)], (0, 0)),
    "no clock, though all lines had it": ([(1, 5)], TIMES, [(1, None)], (1, 1)),
    "neither": ([(1, 5)], BOTH, [(None, None)], (0, 0)),
    "no time": ([(1, 5)], TIMES, [(UNDATED, 5)], (0, 0)),
    "no time, though all lines had milliseconds": ([(1, 5)], BOTH, [(UNDATED, 5)], (1, 1)),
    "another clock": ([(1, 5)], BOTH, [(1, 6)], (1, 1)),
    "another time": ([(1, 5)], BOTH, [(2, 5)], (1, 1)),
    "twice": ([(1, 5)], BOTH, [(1, 5), (None, None)], (0, 1)),
    "twice, each without another field": ([(1, 5)], BOTH, [(1, None), (None, 5)], (0, 1)),
    "one of two": ([(1, 5), (2, 6)], BOTH, [(None, None)], (1, 0)),
    "two in another order": ([(1, 5), (2, 6), (3, 7)], BOTH, [(None, None), (None, 6), (1, None)], (0, 0)),
    "two of one clock": ([(1, 5), (2, 5)], BOTH, [(None, 5), (None, 5)], (0, 0)),
}
DIGITS = {None: 3, UNDATED: None}


def test_labels_that_a_line_lacked_may_be_missing_but_never_wrong(production: Database, tmp_path: Path) -> None:
    found = {case: compared(production, tmp_path / "journal", *given[:-1]) for case, given in COMPARED.items()}
    assert found == {case: given[-1] for case, given in COMPARED.items()}


def compared(
    production: Database, journal: Path, published: list[Labels], lacking: list[str], held: list[Labels]
) -> tuple[int, int]:
    """Return how many deltas are lost and invented if production holds these."""
    fields = {"unsent": [], "lacking": lacking} if lacking else {}
    lines = [{"published_ms": MS, "sent": 3, **fields, "frame": delta(us, clock)} for us, clock in published]
    journal.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    with production.connect() as connection:
        ensure_partitions(connection, PUBLISHED_AT)
        connection.execute("truncate market_data.hot_orderbook_deltas")
        for number, (us, clock) in enumerate(held):
            at = PUBLISHED_AT + timedelta(microseconds=us or 0)
            connection.execute(
                "insert into market_data.hot_orderbook_deltas"
                " values (%s, 'KXA-1', %s, 'yes', 0.41, 2, %s, now(), 1, %s)",
                (at, clock or 0, number, DIGITS.get(us, 6)),
            )
    found = verify_journal(production.conninfo(), journal).streams["orderbook_deltas"]
    assert (found.published, found.present) == (len(published), len(held))
    return found.lost, found.invented


def delta(us: int | None, clock: int | None) -> Frame:
    labels = {"clock": clock, "ts": None if us is None else f"2026-10-27T14:00:00.447{us:03}Z"}
    sent = {name: value for name, value in labels.items() if value is not None}
    return {"type": "orderbook_delta", "sid": 1, "seq": 1, "msg": {**DELTA, **sent, "ts_ms": MS}}


def test_fields_that_no_connection_got_are_not_expected(production: Database, tmp_path: Path) -> None:
    line = {"published_ms": MS, "sent": 3, "unsent": ["clock", "ts"], "lacking": ["clock", "ts"], "frame": delta(1, 5)}
    (journal := tmp_path / "journal").write_bytes(msgspec.json.encode(line) + b"\n")
    with production.connect() as connection:
        load_journal(connection, journal)
        found = connection.execute("select clock, exchange_ts from published_delta").fetchall()
    assert found == [(0, PUBLISHED_AT)]
