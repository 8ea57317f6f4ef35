"""A gatherer asks the exchange for its status and schedule, stores the answers, and reports them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.exchange_status.poller import ExchangePoller
from kalshi_data.gatherer.incidents import Incidents
from kalshi_data.gatherer.markets.settings import RegistrySettings
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.rest import Rest
from tests.integration.gatherer.test_registry import Clock
from tests.support.engines import Database
from tests.support.listing_server import Answer, Listed, serve
from tests.support.waiting import wait_until_async

Use = Callable[[ExchangePoller], Awaitable[None]]
ACTIVE = {"exchange_active": True, "trading_active": True}
AWAY = {"exchange_active": False, "trading_active": False, "exchange_estimated_resume_time": "2026-11-05T10:00:00Z"}


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask once, without a repeat."""
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 1)


def always(document: object, status: int = 200) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(document, status=status)

    return answer


def poll(listed: Listed, database: Database, counters: Counters, clock: Clock, use: Use) -> None:
    conninfo = database.conninfo("gatherer")

    async def run(rest: Rest) -> None:
        with closing(ExchangePoller(rest, conninfo, RegistrySettings(), counters, Incidents(), clock)) as poller:
            await use(poller)

    serve(listed, run)


def stored(database: Database) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(
            "select kind, exchange_index, exchange_active, trading_active, confirmed_at - first_seen_at "
            "from registry.exchange_status order by kind desc, first_seen_at"
        ).fetchall()


def test_each_state_is_stored_with_its_first_and_last_answer(kalshi_meta: Database) -> None:
    listed, counters, clock = Listed(), Counters(), Clock()

    async def use(poller: ExchangePoller) -> None:
        for _ in range(3):
            await poller.ask_all()
            clock.now_s += 10
        # The exchange answers with its status when it is away, too.
        listed.answers["exchange/status"] = always(AWAY, 503)
        await poller.ask_all()
        assert counters.exchange_halted == "the exchange is halted on shard 0 until about 2026-11-05 10:00 UTC"
        assert counters.every_shard_halted
        listed.answers["exchange/status"] = always(ACTIVE)
        clock.now_s += 10
        await poller.ask_all()

    with capture_logs() as logs:
        poll(listed, kalshi_meta, counters, clock, use)
    seconds = timedelta(seconds=1)
    assert stored(kalshi_meta) == [
        ("shard", 0, True, True, 20 * seconds),
        ("shard", 0, False, False, 0 * seconds),
        ("shard", 0, True, True, 0 * seconds),
        ("schedule", None, None, None, 40 * seconds),
    ]
    assert (counters.exchange_halted, counters.every_shard_halted, counters.registry_failing) == ("", False, {})
    assert [log["halted"] for log in logs if log["event"] == "exchange status"] == [
        "none",
        "the exchange is halted on shard 0 until about 2026-11-05 10:00 UTC",
        "none",
    ]


def test_windows_of_maintenance_reach_health(kalshi_meta: Database) -> None:
    listed, counters = Listed(), Counters()
    times = [("2026-11-12T08:00:00Z", "2026-11-12T10:00:00Z"), ("2026-11-05T08:00:00Z", "2026-11-05T10:00:00Z")]
    wrong = [("2026-11-05T10:00:00Z", "2026-11-05T08:00:00Z"), ("soon", "later")]
    windows = [{"start_datetime": begin, "end_datetime": end} for begin, end in times + wrong]
    listed.answers["exchange/schedule"] = always({"schedule": {"standard_hours": [], "maintenance_windows": windows}})

    async def use(poller: ExchangePoller) -> None:
        await poller.ask_all()

    poll(listed, kalshi_meta, counters, Clock(), use)
    first = datetime(2026, 11, 5, 8, tzinfo=UTC).timestamp()
    assert counters.maintenance_windows == [(first, first + 7_200), (first + 604_800, first + 612_000)]
    assert counters.exchange_schedule_at_seconds
    assert [row[0] for row in stored(kalshi_meta)].count("maintenance") == 4


def test_what_waits_for_the_database_is_stored_when_it_is_back(
    kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, clock = Listed(), Clock()

    async def use(poller: ExchangePoller) -> None:
        with monkeypatch.context() as away:
            away.setattr(RegistryStore, "save", nothing)
            await poller.ask_all()
            clock.now_s += 10
            await poller.ask_all()
        assert stored(kalshi_meta) == []
        clock.now_s += 10
        await poller.ask_all()

    poll(listed, kalshi_meta, Counters(), clock, use)
    assert [(row[0], row[4].total_seconds()) for row in stored(kalshi_meta)] == [("shard", 20), ("schedule", 20)]


def test_a_stop_stores_what_waits_although_the_database_was_away_a_moment_ago(
    kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def refuse(_: RegistryStore, table: str, __: bytes) -> None:
        tried.append(table)
        raise psycopg.OperationalError("the server is away")

    async def use(poller: ExchangePoller) -> None:
        with monkeypatch.context() as away:
            away.setattr(RegistryStore, "_save", refuse)
            task = asyncio.create_task(poller.run())
            await wait_until_async(lambda: tried)
        # The next try of its own is seconds away, and the stop comes before.
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    poll(Listed(), kalshi_meta, Counters(), Clock(), use)
    assert "shard" in [row[0] for row in stored(kalshi_meta)]


def nothing(*_: object) -> None:
    """Save nothing, as while the database is away."""


@pytest.mark.parametrize(
    ("document", "status", "words"),
    [
        ({"error": "too many requests"}, 429, "429 Too Many Requests: too many requests"),
        ({"code": "unavailable", "message": "maintenance"}, 503, "503 Service Unavailable: unavailable: maintenance"),
        ({"other": 1}, 200, "does not say whether the exchange is active"),
    ],
)
def test_a_refused_question_is_reported_until_it_is_answered(
    kalshi_meta: Database, document: object, status: int, words: str
) -> None:
    listed, counters, clock = Listed(), Counters(), Clock()
    listed.answers["exchange/status"] = always(document, status)

    async def use(poller: ExchangePoller) -> None:
        await poller.ask_all()
        (reason,) = counters.registry_failing.values()
        assert words in reason
        assert not counters.exchange_status_at_seconds
        listed.answers["exchange/status"] = always(ACTIVE)
        await poller.ask_all()

    poll(listed, kalshi_meta, counters, clock, use)
    assert counters.registry_failing == {}
    assert counters.exchange_status_at_seconds


def test_a_question_without_an_answer_is_asked_again_long_before_its_interval_is_over(kalshi_meta: Database) -> None:
    """The schedule is asked for every ten minutes; one refusal, as of a wrong clock, must not be reported as long."""
    listed, counters = Listed(), Counters()
    listed.answers["exchange/schedule"] = always({"error": "unauthorized"}, 401)

    async def use(poller: ExchangePoller) -> None:
        running = asyncio.ensure_future(poller.run())
        await wait_until_async(lambda: counters.registry_failing)
        listed.answers["exchange/schedule"] = always({"schedule": {"maintenance_windows": []}})
        await wait_until_async(lambda: not counters.registry_failing)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    poll(listed, kalshi_meta, counters, Clock(), use)


def test_a_state_that_the_database_refuses_costs_no_other(kalshi_meta: Database) -> None:
    listed, counters = Listed(), Counters()
    shards = [{"exchange_index": 1, "description": "\x00", **ACTIVE}, {"exchange_index": 2, **ACTIVE}]
    listed.answers["exchange/status"] = always({**ACTIVE, "exchange_index_statuses": shards})

    async def use(poller: ExchangePoller) -> None:
        await poller.ask_all()

    poll(listed, kalshi_meta, counters, Clock(), use)
    assert [row[1] for row in stored(kalshi_meta)] == [0, 2, None]
    assert counters.registry_refused == {"exchange_status": 1}
