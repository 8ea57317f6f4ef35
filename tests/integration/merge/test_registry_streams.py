"""Series, events and markets of several gatherers as one, with every body they ever had."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

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
