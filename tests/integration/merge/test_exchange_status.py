"""What the exchange says of itself, asked by several gatherers, as one."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import query
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.merging import MIDNIGHT, Row, deal, digest, merged
from tests.support.staging import NOW, counts, merge

HOUR = 3600
HELD = """
select exchange_index, extract(epoch from first_seen_at), extract(epoch from confirmed_at)
from market_data.exchange_status
"""


@pytest.fixture
def metas(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_meta") for _ in range(3)]


def state(seen: int, confirmed: int, *, active: bool = True, index: int = 0) -> dict[str, Any]:
    """Return a state of a shard, seen and confirmed some seconds after noon."""
    body = {"exchange_index": index, "exchange_active": active, "trading_active": active}
    times = {"first_seen_at": NOW + timedelta(seconds=seen), "confirmed_at": NOW + timedelta(seconds=confirmed)}
    return {"kind": "shard", **body, "body": body, **times}


def learn(meta: Database, *rows: dict[str, Any]) -> None:
    with meta.connect("gatherer") as connection:
        statement = query("registry/record/exchange_status")
        connection.execute(statement, {"bodies": msgspec.json.encode(rows).decode()})


def held(production: Database) -> list[tuple[int, bool, float, float]]:
    columns = "exchange_index, exchange_active, first_seen_at, confirmed_at"
    with production.connect("reader") as connection:
        rows = connection.execute(
            f"select {columns} from market_data.exchange_status order by 3, 2".encode()
        ).fetchall()
    return [
        (index, active, (seen - NOW).total_seconds(), (last - NOW).total_seconds())
        for index, active, seen, last in rows
    ]


def test_equal_states_of_three_gatherers_are_one(production: Database, metas: list[Database]) -> None:
    learn(metas[0], state(0, 30), state(40, 70, active=False))
    learn(metas[1], state(5, 33), state(45, 60, active=False))
    learn(metas[2], state(10, 20))
    merge(production, metas, source="registry")
    assert held(production) == [(0, True, 0, 33), (0, False, 40, 70)]
    assert sum(row[2] for row in counts(production, "exchange_status")) == 2


def test_a_state_grows_while_it_is_confirmed(production: Database, metas: list[Database]) -> None:
    learn(metas[0], state(10, 30))
    merge(production, metas, source="registry")
    learn(metas[0], state(10, 60))
    learn(metas[1], state(5, 13), state(90, 95))
    merge(production, metas, source="registry")
    assert held(production) == [(0, True, 5, 60), (0, True, 90, 95)]
    # A row confirmed again replaces the older confirmation, never the reverse.
    learn(metas[0], state(10, 40))
    with metas[0].connect("gatherer") as connection:
        kept = connection.execute("select confirmed_at from registry.exchange_status").fetchall()
    assert kept == [(NOW + timedelta(seconds=60),)]


def test_a_time_that_cannot_be_right_is_rejected(production: Database, metas: list[Database]) -> None:
    wrong = state(0, 30)
    wrong["confirmed_at"] = NOW + timedelta(days=900)
    learn(metas[0], wrong, state(3, 4))
    merge(production, metas, source="registry")
    assert held(production) == [(0, True, 3, 4)]
    with production.connect() as connection:
        rejected = connection.execute("select stream, count(*) from ops.rejected_rows group by 1").fetchall()
    assert rejected == [("exchange_status", 1)]


def united(rows: Iterable[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
    """Join what overlaps or touches of one shard within one hour, second by second."""
    found: set[tuple[int, int, int]] = set()
    for index, hour in {(index, seen // HOUR) for index, seen, _ in rows}:
        spans = sorted((seen, max(seen, last)) for at, seen, last in rows if (at, seen // HOUR) == (index, hour))
        open_at, until = spans[0]
        for seen, last in spans[1:]:
            if seen > until:
                found.add((index, open_at, until))
                open_at = seen
            until = max(until, last)
        found.add((index, open_at, until))
    return found


def row_of(gatherer_id: int, index: int, seen: int, last: int) -> Row:
    body = {"exchange_index": index}
    at: list[datetime] = [MIDNIGHT + timedelta(seconds=each) for each in (seen, last)]
    facts = {"kind": "shard", **body, "body": Jsonb(body), "body_sha256": digest(body)}
    return {"gatherer_id": gatherer_id, **facts, "first_seen_at": at[0], "confirmed_at": at[1]}


def test_what_overlaps_is_joined_whatever_the_order(production: Database) -> None:
    """Rows of gatherers end within their hour, and lie close to each other."""
    places = st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 40), st.integers(-3, 20))
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/exchange_status"))

        @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
        @given(data=st.data())
        def whatever(data: st.DataObject) -> None:
            drawn = data.draw(st.lists(places, min_size=1, max_size=12), label="rows")
            spans = [(index, HOUR * hour + at, HOUR * hour + at + length) for index, hour, at, length in drawn]
            rows = [row_of(data.draw(st.integers(1, 3)), *each) for each in spans]
            cuts = data.draw(st.lists(st.integers(0, 12), max_size=4), label="cuts")
            (found,) = merged(connection, "exchange_status", deal(rows, cuts), [HELD])
            start = int(MIDNIGHT.timestamp())
            expected = {(index, start + seen, start + last) for index, seen, last in united(spans)}
            assert sorted(found) == sorted(expected_text(expected))

        run: Callable[[], None] = whatever
        run()


def expected_text(rows: Iterable[Sequence[int]]) -> list[str]:
    """Return rows as `merged` does."""
    return [repr((index, Decimal(f"{seen}.000000"), Decimal(f"{last}.000000"))) for index, seen, last in rows]
