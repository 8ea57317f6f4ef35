"""Minutes in which nothing happens are derived when they are read, and are the same as if each had been classified."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection
from tests.integration.completeness.test_minutes import LIFECYCLE, MARKET, classify, span, states
from tests.support.books import delta, ensure_partitions, late, levels, snapshot
from tests.support.coverage import at, beat, close, connect, cover
from tests.support.eager_minutes import advance_both, create_eager_minutes
from tests.support.engines import Database
from tests.support.line_checks import LineCheck, merge_line_checks

TICKERS = ("KXA-1", "KXA-2")
REASONS = ("closed", "gap", "crashed", "dropped")
VERSIONS = """
select 'classified', stream, market_ticker, xmin::text from ops.classified_minutes where market_ticker <> ''
union all select 'steady', stream, market_ticker, xmin::text from ops.steady_states
union all select 'line', null, null, xmin::text from ops.lost_lines
order by 1, 2, 3
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect() as superuser:
        create_eager_minutes(superuser)
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


class Event(NamedTuple):
    """Something that one gatherer reports of a market, at a time and after some half minutes."""

    kind: str
    gatherer: int
    ticker: str
    began: float
    length: float
    reason: str
    is_equal: bool

    @property
    def ended(self) -> float:
        """Return when it ended, in minutes."""
        return self.began + self.length


KINDS = (
    "cover",
    "end",
    "begin",
    "silence",
    "beat",
    "close",
    "delta",
    "snapshot",
    "line-check",
    "determined",
    "activated",
    "first-snapshot",
    "connection",
)
EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from((*KINDS, *["advance"] * 4, "market", "forget")),
        st.integers(1, 3),
        st.sampled_from(TICKERS),
        st.integers(0, 120).map(lambda halves: halves / 2),
        st.integers(1, 60).map(lambda halves: halves / 2),
        st.sampled_from(REASONS),
        st.booleans(),
    ),
    min_size=3,
    max_size=20,
)


class Reports:
    """Reports events to production as the merge does, while time goes on in steps."""

    def __init__(self, ops: Connection) -> None:
        self.minute = 0.0
        self._ops = ops
        self._silent = set[int]()
        for gatherer in (1, 2, 3):
            beat(ops, gatherer, 0)
            cover(ops, gatherer, 0, None)
        cover(ops, 1, 0, None, ticker="", channel="trade")

    def report(self, event: Event) -> None:
        """Report one event."""
        calls: dict[str, Callable[[Event], object]] = {
            "cover": lambda e: cover(self._ops, e.gatherer, e.began, e.ended, ticker=e.ticker, reason=e.reason),
            "forget": lambda e: cover(
                self._ops, e.gatherer, e.began - 1500, e.began - 1440, ticker=e.ticker, reason=e.reason
            ),
            "begin": lambda e: cover(self._ops, e.gatherer, e.began, None, ticker=e.ticker),
            "end": lambda e: cover(self._ops, e.gatherer, 0, e.began, ticker="KXA-1", reason=e.reason),
            "silence": lambda e: self._silent.add(e.gatherer),
            "beat": lambda e: self._silent.discard(e.gatherer),
            "close": lambda e: close(self._ops, e.gatherer, e.began),
            "delta": self._change,
            "snapshot": self._snapshot,
            "line-check": lambda e: merge_line_checks(
                self._ops,
                [LineCheck(began=e.began, ended=e.ended, gatherer=e.gatherer, ticker=e.ticker, is_equal=e.is_equal)],
            ),
            "determined": lambda e: self._lifecycle(e, "determined"),
            "activated": lambda e: self._lifecycle(e, "activated"),
            "market": lambda e: self._ops.execute(
                MARKET, ("closed" if e.is_equal else "active", at(e.began - 60), at(e.ended))
            ),
            "first-snapshot": lambda e: snapshot(self._ops, e.began, 0, ticker=e.ticker),
            "connection": lambda e: connect(self._ops, e.gatherer, e.began - 90),
            "advance": self._advance,
        }
        calls[event.kind](event)

    def _change(self, event: Event) -> None:
        delta(self._ops, event.began, 1 + int(event.began), "yes", "0.5", "1", ticker=event.ticker)
        late(self._ops, "orderbook_deltas", event.began, event.began, event.ticker)

    def _snapshot(self, event: Event) -> None:
        book = levels(("yes", "0.5", "1")) if event.is_equal else None
        snapshot(self._ops, event.began, 1 + int(event.began), book, ticker=event.ticker)
        late(self._ops, "orderbook_snapshots", event.began, event.began, event.ticker)

    def _lifecycle(self, event: Event, kind: str) -> None:
        self._ops.execute(f"{LIFECYCLE} on conflict do nothing".encode(), (at(event.began), event.ticker, kind))

    def _advance(self, event: Event) -> None:
        self.minute += event.length / 4
        for gatherer in {1, 2, 3} - self._silent:
            beat(self._ops, gatherer, self.minute)


@hypothesis_settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(EVENTS, st.integers(1, 20))
def follow(ops: Connection, events: list[Event], minutes_max: int) -> None:
    """Report events, and compare both classifications after each step of time."""
    with ops.transaction(force_rollback=True):
        reports = Reports(ops)
        for event in events:
            reports.report(event)
            if event.kind == "advance":
                assert advance_both(ops, minutes_max) == []
        reports.report(Event("advance", 1, "", 0, 260, "", is_equal=True))
        for _ in range(100 // minutes_max + 1):
            assert advance_both(ops, minutes_max) == []


def test_states_equal_those_of_a_classification_of_each_minute(ops: Connection) -> None:
    run: Callable[[Connection], None] = follow
    run(ops)


def beats(ops: Connection, minute: int, *gatherers: int) -> None:
    """Send the heartbeats of a minute, as often as a gatherer that was never away."""
    for part in (0.4, 0.7, 1.0):
        for gatherer in gatherers:
            beat(ops, gatherer, minute - 1 + part)


def test_quiet_markets_are_neither_written_nor_counted(ops: Connection) -> None:
    for gatherer in (1, 2, 3):
        for ticker in TICKERS:
            cover(ops, gatherer, 0, None, ticker=ticker)
        beat(ops, gatherer, 10)
    assert classify(ops)[1] == len(TICKERS)
    classify(ops)
    before = ops.execute(VERSIONS).fetchall()
    assert len(before) == 2 * len(TICKERS)
    for minute in range(11, 21):
        beats(ops, minute, 1, 2, 3)
        assert classify(ops) == (at(minute), 0, 0)
    assert ops.execute(VERSIONS).fetchall() == before
    assert states(ops) == {"idle": span(0, 20)}


def test_a_silent_gatherer_is_written_once_however_long_it_is_silent(ops: Connection) -> None:
    for gatherer in (1, 2):
        cover(ops, gatherer, 0, None)
        beat(ops, gatherer, 10)
    classify(ops)
    for minute in (11, 12):
        beats(ops, minute, 1)
        classify(ops)
    before = ops.execute(VERSIONS).fetchall()
    for minute in range(13, 21):
        beats(ops, minute, 1)
        assert classify(ops) == (at(minute), 0, 0)
    assert ops.execute(VERSIONS).fetchall() == before
    assert states(ops) == {"idle": span(0, 10), "repaired": span(10, 20)}


def test_a_connection_that_closes_ends_what_is_known_of_its_markets(ops: Connection) -> None:
    """Its subscriptions' ends are read with the next poll."""
    cover(ops, 1, 0, None)
    beat(ops, 1, 10)
    classify(ops)
    classify(ops)
    close(ops, 1, 20)
    beat(ops, 1, 60)
    classify(ops)
    assert states(ops) == {"idle": span(0, 20), "gap": span(20, 60)}


def test_a_gatherer_misses_a_market_for_a_day(ops: Connection) -> None:
    cover(ops, 1, -1410, None)
    cover(ops, 2, -1410, -1400, reason="gap")
    beat(ops, 1, -1300)
    for minute in (-1300, -100, 0, 10, 41, 60):
        beat(ops, 1, minute)
        while classify(ops, 1000)[0] < at(minute):
            pass
    assert states(ops) == {"repaired": span(0, 40), "idle": span(40, 60)}


def test_only_the_minutes_of_a_message_are_written(ops: Connection) -> None:
    for ticker in TICKERS:
        cover(ops, 1, 0, None, ticker=ticker)
    beat(ops, 1, 10)
    classify(ops)
    classify(ops)
    delta(ops, 11.5, 1, "yes", "0.5", "1")
    written = list[tuple[int, int]]()
    for minute in range(11, 15):
        beats(ops, minute, 1)
        written.append(classify(ops)[1:])
    assert written == [(0, 0), (1, 0), (0, 0), (0, 0)]
    assert states(ops) == {"idle": span(0, 14) - {11}, "covered": {11}}
    assert states(ops, ticker="KXA-2") == {"idle": span(0, 14)}


def test_a_gatherer_that_covers_a_market_without_a_known_time_misses_it(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    cover(ops, 2, 0, None)
    beat(ops, 2, 0)
    for minute in (1, 2, 30):
        beat(ops, 1, minute)
        classify(ops)
    assert states(ops, until=30) == {"repaired": span(0, 30)}


def test_coverage_that_begins_later_keeps_no_other_market_waiting(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    classify(ops)
    for ticker in ("KXA-2", "KXA-3", "KXA-4"):
        cover(ops, 1, 70, None, ticker=ticker)
    ops.execute("select ops.advance_minutes(60, 1)")
    assert ops.execute("select count(*) from ops.market_minutes_due").fetchone() == (0,)
    beat(ops, 1, 80)
    classify(ops)
    assert states(ops, ticker="KXA-4", until=80) == {"idle": span(70, 80)}
