"""What is expected of a market follows from what was merged, without reading the markets of which nothing was."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection
from tests.integration.completeness.test_minutes import LIFECYCLE
from tests.support.books import ensure_partitions
from tests.support.coverage import at, beat, cover
from tests.support.eager_minutes import create_eager_minutes, update_expected
from tests.support.engines import Database

TICKERS = ("KXA-1", "KXA-2")
LISTING = """
insert into market_data.markets (ticker, fetched_at, body_sha256, status, open_time, close_time, body)
values (%s, now(), '', %s, %s, %s, '{}')
on conflict (ticker) do update
set (status, open_time, close_time) = (excluded.status, excluded.open_time, excluded.close_time)
"""
EXPECTED = "select opened_at, closed_at, determined_at from ops.expected where market_ticker = 'KXA-1'"
DUE = "select market_ticker from ops.expected_due order by 1"
VERSIONS = "select market_ticker, xmin::text from ops.expected order by 1"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect() as superuser:
        create_eager_minutes(superuser)
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-2880), at(0), at(300))
        yield connection


class Report(NamedTuple):
    """Something that is merged of a market: what it is, and two times in hours."""

    kind: str
    ticker: str
    hour: int
    hours: int


REPORTS = st.lists(
    st.builds(
        Report,
        st.sampled_from(("activated", "determined", "settled", "active", "closed", "cover", *["update"] * 3)),
        st.sampled_from(TICKERS),
        st.integers(-48, 0),
        st.integers(1, 30),
    ),
    min_size=3,
    max_size=25,
)


@hypothesis_settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(REPORTS)
def follow(ops: Connection, reports: list[Report]) -> None:
    """Merge reports while time goes on, and compare with what all markets say."""
    since = at(-3000)
    with ops.transaction(force_rollback=True):
        for kind, ticker, hour, hours in reports:
            began, ended = at(60 * hour), at(60 * (hour + hours))
            if kind == "update":
                since += timedelta(hours=hours)
                update_expected(ops, since)
            elif kind == "cover":
                cover(ops, 1, 60 * hour, 60 * (hour + hours), ticker=ticker)
            elif kind in ("active", "closed"):
                ops.execute(LISTING, (ticker, kind, began, ended))
            else:
                ops.execute(f"{LIFECYCLE} on conflict do nothing".encode(), (began, ticker, kind))
        update_expected(ops, since)


def test_what_is_expected_equals_what_all_markets_say(ops: Connection) -> None:
    run: Callable[[Connection], None] = follow
    run(ops)


@pytest.mark.parametrize("is_covered_first", [True, False])
def test_coverage_listing_and_messages_come_in_any_order(ops: Connection, is_covered_first: bool) -> None:
    if is_covered_first:
        cover(ops, 1, 0, None)
        update_expected(ops, at(-1440))
    ops.execute(LISTING, ("KXA-1", "closed", at(-10), at(40)))
    ops.execute(LIFECYCLE, (at(50), "KXA-1", "determined"))
    update_expected(ops, at(-1440))
    if not is_covered_first:
        assert ops.execute(EXPECTED).fetchone() is None
        cover(ops, 1, 0, None)
        update_expected(ops, at(-1440))
    assert ops.execute(EXPECTED).fetchone() == (at(-10), at(40), at(50))


def test_only_changes_are_looked_at(ops: Connection) -> None:
    for ticker in TICKERS:
        cover(ops, 1, 0, None, ticker=ticker)
        ops.execute(LISTING, (ticker, "active", at(-10), at(40)))
    beat(ops, 1, 10)
    ops.execute("select ops.advance_minutes()")
    assert ops.execute(DUE).fetchall() == []
    before = dict(ops.execute(VERSIONS).fetchall())
    # The exchange lists it again, with another title.
    ops.execute("update market_data.markets set title = 'Will it rain?'")
    ops.execute(LIFECYCLE, (at(5), "KXA-1", "deactivated"))
    assert ops.execute(DUE).fetchall() == []
    ops.execute(LISTING, ("KXA-2", "closed", at(-10), at(30)))
    assert ops.execute(DUE).fetchall() == [("KXA-2",)]
    ops.execute("select ops.advance_minutes()")
    after = dict(ops.execute(VERSIONS).fetchall())
    assert [ticker for ticker in TICKERS if after[ticker] != before[ticker]] == ["KXA-2"]


def test_one_call_takes_a_bounded_number_of_changes(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    ops.execute("select ops.update_expected(%s)", (at(-1440),))
    for number in range(5):
        ops.execute(LIFECYCLE, (at(number), "KXA-1", "determined"))
    taken = [ops.execute("select ops.update_expected(%s, 2)", (at(-1440),)).fetchone() for _ in range(4)]
    assert taken == [(2,), (2,), (1,), (0,)]
    assert ops.execute(EXPECTED).fetchone() == (None, None, at(0))


def test_changes_wait_until_something_is_expected(ops: Connection) -> None:
    ops.execute(LIFECYCLE, (at(30), "KXA-1", "determined"))
    assert ops.execute("select ops.update_expected(null)").fetchone() == (0,)
    assert ops.execute(DUE).fetchall() == [("KXA-1",)]
