"""Two lines receive the same changes with times of different forms, as in any rollout: each change is held once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.kalshi.timestamps import EPOCH
from kalshi_data.simulator.verification import verify_journal
from tests.conftest import MakeDatabase
from tests.integration.simulator.test_damaged_recordings import encoded, write_journal
from tests.support.engines import Database
from tests.support.staging import NOW, Frame, frame, merge, receive, rows

US = timedelta(microseconds=1)


def since_epoch(moment: datetime, unit: timedelta) -> int:
    return (moment - EPOCH) // unit


def in_text(moment: datetime, digits: str = "") -> str:
    return moment.isoformat().replace("+00:00", f"{digits}Z")


# By name: how a message says when it happened, and how many digits of the second that leaves.
FORMS: dict[str, tuple[Callable[[datetime], Frame], int | None]] = {
    "nanoseconds": (lambda at: {"ts": in_text(at, "789")}, 6),
    "microseconds and ts_ms": (lambda at: {"ts": in_text(at), "ts_ms": since_epoch(at, 1000 * US)}, 6),
    "microseconds as number": (lambda at: {"ts": since_epoch(at, US)}, 6),
    "ts_ms": (lambda at: {"ts_ms": since_epoch(at, 1000 * US)}, 3),
    "milliseconds in ts": (lambda at: {"ts": since_epoch(at, 1000 * US)}, 3),
    "ts_ms beside an empty ts": (lambda at: {"ts": "", "ts_ms": since_epoch(at, 1000 * US)}, 3),
    "seconds": (lambda at: {"ts": since_epoch(at, 1_000_000 * US)}, 0),
    "seconds as text": (lambda at: {"ts": str(since_epoch(at, 1_000_000 * US)), "ts_ms": None}, 0),
    "none": (lambda _: {}, None),
}
# Two equal changes in one second, and one of another level; no two in one millisecond.
CHANGES = [
    (NOW + timedelta(microseconds=123_456), "0.41"),
    (NOW + timedelta(microseconds=523_001), "0.41"),
    (NOW + timedelta(microseconds=523_999), "0.42"),
]
PAIRS = [(first, second) for first, second in product(FORMS, FORMS) if first <= second]


def ticker(pair: tuple[str, str]) -> str:
    return f"KXA-{PAIRS.index(pair)}"


def changes(pair: tuple[str, str], form: str) -> list[dict[str, Any]]:
    """Return a market's changes in one form."""
    body = {"market_ticker": ticker(pair), "side": "yes", "delta_fp": "1.00"}
    return [{**body, "price_dollars": price, **FORMS[form][0](at)} for at, price in CHANGES]


def finest(pair: tuple[str, str]) -> str:
    """Return the form that says more."""
    return max(pair, key=lambda form: -1 if (digits := FORMS[form][1]) is None else digits)


def expected(pair: tuple[str, str]) -> list[tuple[int | None, datetime]]:
    """Return each change's digits and time."""
    digits = FORMS[finest(pair)][1]
    kept = 10 ** (6 - (3 if digits is None else digits))
    return [(digits, at.replace(microsecond=at.microsecond // kept * kept)) for at, _ in CHANGES]


@pytest.fixture
def lines(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_ts") for _ in range(2)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first line first", "second line first"])
def test_each_change_is_held_once_with_the_finest_time(
    production: Database, lines: list[Database], tmp_path: Path, order: tuple[int, int]
) -> None:
    for place in order:
        for pair in PAIRS:
            sent = [
                frame("orderbook_delta", each, at)
                for each, (at, _) in zip(changes(pair, pair[place]), CHANGES, strict=True)
            ]
            receive(lines[place], sent)
        # A gatherer's number must not change between merges.
        merge(production, lines)
    held = rows(production, "orderbook_deltas", "market_ticker time_digits exchange_ts")
    for pair in PAIRS:
        found = [row[1:] for row in held if row[0] == ticker(pair)]
        assert sorted(found, key=lambda row: row[1]) == expected(pair), pair
    journal = [encoded("orderbook_delta", each) for pair in PAIRS for each in changes(pair, finest(pair))]
    assert verify_journal(production.conninfo(), write_journal(tmp_path, journal)).complete
