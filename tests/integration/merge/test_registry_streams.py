"""Series, events and markets of several gatherers as one, with every body they ever had."""

import random
import string
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import query
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import NOW, counts, merge

Body = dict[str, Any]


@pytest.fixture
def metas(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_meta") for _ in range(3)]


def market(title: str | None, minutes: int = 0, **others: Any) -> Body:
    updated = (NOW + timedelta(minutes=minutes)).isoformat()
    return {"ticker": "KXA-1", "event_ticker": "KXA", "title": title, "updated_time": updated, **others}


def learn(meta: Database, name: str, *bodies: Body) -> None:
    with meta.connect("gatherer") as connection:
        connection.execute(query(f"registry/record/{name}"), {"bodies": msgspec.json.encode(bodies).decode()})


def read(production: Database, statement: str) -> list[tuple[Any, ...]]:
    with production.connect("reader") as connection:
        return connection.execute(statement.encode()).fetchall()


def test_the_newest_body_wins_and_each_is_in_the_history_once(production: Database, metas: list[Database]) -> None:
    for meta, bodies in zip(metas, (["old", "new"], ["new"], ["old"]), strict=True):
        for title in bodies:
            learn(meta, "markets", market(title, minutes=int(title == "new"), status="active"))
    merge(production, metas, source="registry")
    learn(metas[2], "markets", market("new", minutes=1, status="active"))
    merge(production, metas, source="registry")
    assert read(production, "select ticker, event_ticker, title, status from market_data.markets") == [
        ("KXA-1", "KXA", "new", "active")
    ]
    assert read(production, "select body ->> 'title' from market_data.markets_history order by 1") == [
        ("new",),
        ("old",),
    ]
    assert sum(row[2] for row in counts(production, "markets")) == 2


NONE = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    None,
    "soon",
)


@pytest.mark.parametrize("none", NONE)
@pytest.mark.parametrize("name", ["series", "events", "markets"])
def test_without_a_time_what_was_asked_later_wins(
    production: Database, metas: list[Database], name: str, none: str | None
) -> None:
    real = (NOW - timedelta(days=1)).isoformat()
    seen: list[tuple[Any, ...]] = []
    for number, updated in enumerate((none, real, none, none, real)):
        times = {"updated_time": updated, "last_updated_ts": updated}
        learn(metas[0], name, {"ticker": "A", "event_ticker": "A", "title": f"{number}", **times})
        with metas[0].connect() as connection:
            kept = f"select body ->> 'title', updated_time is null from registry.{name}"
            assert connection.execute(kept.encode()).fetchall() == [(f"{number}", updated == none)]
        merge(production, metas[:1], source="registry")
        seen += read(production, f"select title, updated_time is null from market_data.{name}")
    assert seen == [(f"{number}", updated) for number, updated in enumerate((True, False, True, True, False))]
    assert len(read(production, f"select from market_data.{name}_history")) == 5


@pytest.mark.parametrize("name", ["series", "events", "markets"])
def test_a_body_that_was_fetched_by_a_clock_in_2100_is_not_the_newest_for_ever(
    production: Database, metas: list[Database], name: str
) -> None:
    """Not in production, and not in the gatherer's own table once its clock is right."""
    key = {"ticker": "A", "event_ticker": "A"}
    for wrong in ({}, {"updated_time": "2099-12-31T00:00:00Z", "last_updated_ts": "2099-12-31T00:00:00Z"}):
        learn(metas[0], name, {**key, "title": "2100", **wrong})
        with metas[0].connect() as connection:
            times = "fetched_at = '2100-01-01', updated_time = %s"
            connection.execute(f"update registry.{name} set {times}".encode(), [wrong.get("updated_time")])
        merge(production, metas[:1], source="registry")
        right = dict.fromkeys(wrong, (NOW - timedelta(days=1)).isoformat())
        for meta, title in ((metas[1], "other"), (metas[0], "own")):
            learn(meta, name, {**key, "title": f"{title} {len(wrong)}", **right})
            merge(production, metas[:2], source="registry")
            assert read(production, f"select title from market_data.{name}") == [(f"{title} {len(wrong)}",)]
    ahead = f"select from market_data.{name}_history where greatest(fetched_at, last_fetched_at, updated_time) > now()"
    assert read(production, ahead) == []


def test_times_that_stand_for_none_are_none_for_readers(production: Database, metas: list[Database]) -> None:
    for number, none in enumerate(("0001-01-01T00:00:00Z", "infinity", "now", "10000-01-01T00:00:00Z", "")):
        times = dict.fromkeys(("open_time", "close_time", "settlement_ts"), none)
        learn(metas[0], "markets", {**market(f"{number}", **times), "ticker": f"KX-{number}"})
        learn(metas[0], "events", {"event_ticker": f"KX-{number}", "strike_date": none})
    learn(metas[0], "markets", {**market("far", close_time="9999-12-31T23:59:59Z"), "ticker": "KX-9"})
    merge(production, metas[:1], source="registry")
    times = "ticker, open_time, close_time::text, settlement_ts"
    *found, far = read(production, f"select {times} from market_data.markets order by ticker")
    assert found == [(f"KX-{number}", None, None, None) for number in range(5)]
    assert far == ("KX-9", None, "9999-12-31 23:59:59+00", None)
    assert read(production, "select distinct strike_date from market_data.events") == [(None,)]


def test_a_gatherer_of_an_older_version_sends_years_that_stand_for_none(
    production: Database, metas: list[Database]
) -> None:
    with metas[0].connect() as connection:
        connection.execute(
            "insert into registry.markets (ticker, updated_time, body) values"
            " ('A', '0001-01-01', '{}'), ('B', 'infinity', '{}'), ('C', '9999-12-31', '{}')"
        )
        noise = "".join(random.choices(string.ascii_letters, k=9000))
        body = Jsonb({"event_ticker": noise})
        connection.execute("insert into registry.markets (ticker, body) values ('D', %s)", [body])
    learn(metas[1], "markets", {**market("real"), "ticker": "B"})
    merge(production, metas[:2], source="registry")
    found = read(production, "select ticker, updated_time from market_data.markets order by ticker")
    assert [row for row in found if row[0] != "B"] == [("A", None), ("C", None)]
    with production.connect() as connection:
        refused = connection.execute("select stream, reason ~ 'index row' from ops.rejected_rows").fetchall()
    assert refused == [("markets", True)]


def test_a_market_is_described_by_its_event_and_series(production: Database, metas: list[Database]) -> None:
    learn(metas[0], "markets", market(None, open_time="2026-10-21T14:00:00Z", close_time="soon"))
    learn(metas[0], "markets", {**market("Lonely"), "ticker": "KXB-1", "event_ticker": "KXB"})
    learn(metas[1], "events", {"event_ticker": "KXA", "series_ticker": "KX", "title": "A?", "mutually_exclusive": True})
    learn(metas[2], "series", {"ticker": "KX", "title": "Series X", "category": "Economics"})
    merge(production, metas, source="registry")
    described = "select market_ticker, title, series_title, category, mutually_exclusive, open_time, close_time"
    opened = datetime.fromisoformat("2026-10-21T14:00:00Z")
    assert read(production, f"{described} from market_data.markets_described order by 1") == [
        ("KXA-1", "A?", "Series X", "Economics", True, opened, None),
        ("KXB-1", "Lonely", None, None, None, None, None),
    ]


def test_every_column_for_readers_is_explained(production: Database) -> None:
    unexplained = """
    select c.relname, a.attname from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid
    where c.relnamespace = 'market_data'::regnamespace and c.relname ~ '^(series|events|markets)'
        and c.relkind in ('r', 'v') and a.attnum > 0 and col_description(c.oid, a.attnum) is null
    """
    assert read(production, unexplained) == []
