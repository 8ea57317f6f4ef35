"""What the merge records for upkeep: which rows came late, and which gatherer received which."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import NOW, frame, later, merge, receive

MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_ts") for _ in range(2)]


def trade(trade_id: str, seconds: float) -> dict[str, Any]:
    body = {"trade_id": trade_id, "market_ticker": "KXA-1", "yes_price_dollars": "0.43", "no_price_dollars": "0.57"}
    ts_ms = MS + round(seconds * 1000)
    return frame("trade", {**body, "count_fp": "1", "taker_outcome_side": "yes", "ts_ms": ts_ms})


def delta(seconds: float, ticker: str = "KXA-1", price: str = "0.41") -> dict[str, Any]:
    body = {"market_ticker": ticker, "price_dollars": price, "delta_fp": "1.00", "side": "yes", "clock": 5}
    return frame("orderbook_delta", {**body, "ts_ms": MS + round(seconds * 1000)})


def just_now() -> float:
    return (datetime.now(UTC) - NOW).total_seconds()


def read(production: Database, statement: bytes) -> list[tuple[Any, ...]]:
    with production.connect("deduplicator") as connection:
        return connection.execute(statement).fetchall()


def late(production: Database) -> list[tuple[str, str, datetime, datetime]]:
    return read(
        production, b"select stream, market_ticker, lower(during), upper(during) from ops.late_rows order by 1, 2, 3"
    )


def test_rows_merged_long_after_their_time_are_recorded_by_market(
    production: Database, gatherers: list[Database]
) -> None:
    newest = just_now()
    receive(
        gatherers[0],
        [delta(-300), delta(-200), delta(-100, "KXA-2"), delta(newest), trade("a", -90), trade("b", newest)],
    )
    merge(production, gatherers)
    assert late(production) == [
        ("orderbook_deltas", "KXA-1", later(-300), later(-200)),
        ("orderbook_deltas", "KXA-2", later(-100), later(-100)),
        ("trades", "", later(-90), later(-90)),
    ]


def test_rows_that_were_held_already_are_not_recorded_as_late(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [delta(-7500)])
    merge(production, gatherers)
    receive(gatherers[1], [delta(-7500), delta(just_now())])
    merge(production, gatherers)
    assert len(late(production)) == 1


def test_every_trade_is_recorded_with_all_gatherers_that_received_it(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [trade("a", 0), trade("b", 0), trade("a", 0)], later(1))
    receive(gatherers[1], [trade("a", 0)], later(2))
    merge(production, gatherers)
    found = read(
        production,
        b"select gatherer_id, received_at, count(*) over (partition by key_hash) from ops.sightings order by 1, 3",
    )
    assert found == [(1, later(1), 1), (1, later(1), 2), (2, later(2), 2)]


def test_the_same_sample_of_book_changes_is_recorded_for_all_gatherers(
    production: Database, gatherers: list[Database]
) -> None:
    changes = [delta(number / 1000, price=price) for number in range(400) for price in ("0.41", "0.42")]
    receive(gatherers[0], changes)
    receive(gatherers[1], [*changes[200:], *changes[:200]])
    merge(production, gatherers, sightings_one_in=8)
    found = read(production, b"select key_hash, count(*), count(distinct gatherer_id) from ops.sightings group by 1")
    assert 40 <= len(found) <= 200
    assert {row[1:] for row in found} == {(2, 2)}


def test_a_rejected_row_leaves_no_sighting(production: Database, gatherers: list[Database]) -> None:
    old = -timedelta(days=500).total_seconds()
    receive(gatherers[0], [trade("old", old), delta(old)])
    merge(production, gatherers, sightings_one_in=1)
    assert read(production, b"select * from ops.sightings") == []
    assert late(production) == []
