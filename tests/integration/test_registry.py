import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import ClientSession, web

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.configuration import Subscriptions
from kalshi_data.gatherer.registry import load_registry, store
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.rest import Rest
from tests.conftest import MakeDatabase
from tests.engines import Database


@pytest.fixture
def kalshi_meta(make_database: MakeDatabase) -> Database:
    return make_database("kalshi_meta")


def market(ticker: str, updated: str | None, title: str = "") -> dict[str, Any]:
    return {"ticker": ticker, "updated_time": updated, "title": title}


def titles(database: Database) -> list[tuple[str, str]]:
    with database.connect() as connection:
        return connection.execute("select ticker, body ->> 'title' from registry.markets order by 1").fetchall()


def test_the_newest_body_wins_and_an_equal_one_changes_nothing(kalshi_meta: Database) -> None:
    early, late = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00.5Z"
    with kalshi_meta.connect("gatherer") as connection:
        assert store(connection, "markets", [market("A", early, "one"), market("B", None, "b")]) == 2
        assert store(connection, "markets", [market("A", early, "one")]) == 0
        assert store(connection, "markets", [market("A", late, "two"), market("A", early, "one")]) == 1
        assert store(connection, "markets", [market("A", early, "one")]) == 0
        assert store(connection, "markets", [{"no": "ticker"}]) == 0
    assert titles(kalshi_meta) == [("A", "two"), ("B", "b")]


class Pages:
    """A REST server with pages of two rows and one fault before every answer."""

    def __init__(self, **faults: int) -> None:
        self.faults = faults
        self.queries: list[Mapping[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        if self.faults.pop(name, None):
            return web.json_response({"error": "too many requests"}, status=429)
        self.queries.append({"path": name, **request.query})
        start = int(request.query.get("cursor") or 0)
        listed = [{"ticker": f"{name}-{n}", "event_ticker": f"{name}-{n}"} for n in range(5)]
        cursor = "" if start + 2 >= len(listed) else str(start + 2)
        return web.json_response({name: listed[start : start + 2], "cursor": cursor})


async def serve(pages: Pages, use: Any) -> Any:
    application = web.Application()
    application.add_routes([web.get("/api/{name}", pages.answer)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with ClientSession() as session:
            return await use(Rest(session, f"http://127.0.0.1:{runner.addresses[0][1]}/api"))
    finally:
        await runner.cleanup()


def test_all_pages_are_stored_and_a_busy_exchange_is_asked_again(kalshi_meta: Database) -> None:
    pages = Pages(series=1, markets=1)

    async def use(rest: Rest) -> list[str]:
        with kalshi_meta.connect("gatherer") as connection:
            return await load_registry(rest, connection, Subscriptions())

    assert asyncio.run(serve(pages, use)) == [f"markets-{n}" for n in range(5)]
    with kalshi_meta.connect() as connection:
        for table in ("series", "events", "markets"):
            assert connection.execute(f"select count(*) from registry.{table}".encode()).fetchone() == (5,)
    asked = [query for query in pages.queries if query["path"] == "markets"]
    assert {query["mve_filter"] for query in asked} == {"exclude"}
    assert [query.get("cursor") for query in asked] == [None, "2", "4"]


def test_an_exchange_that_refuses_is_an_error_that_names_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 2)

    async def use(rest: Rest) -> object:
        return await rest.get("/nowhere/at/all", {})

    with pytest.raises(ExchangeError, match="GET /nowhere/at/all: 404"):
        asyncio.run(serve(Pages(), use))
