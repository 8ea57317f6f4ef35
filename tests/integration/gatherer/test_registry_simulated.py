"""The registry beside the simulator: what its messages, lists and faults make of the order books that are wanted."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.markets import fetch_queue as fetch_queue_module
from kalshi_data.gatherer.markets.registry import Registry
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.rest import Budget, Rest
from kalshi_data.service.retry import Backoff
from kalshi_data.simulator.server import API
from tests.integration.gatherer.test_registry import NOWHERE, Clock, settings, soon
from tests.integration.simulator.test_faults import Running, command, received, serve
from tests.support.waiting import STILL_SECONDS_MAX, wait_until_async

TICKS = 1_000
CHANNELS = ("market_lifecycle_v2", "multivariate_market_lifecycle")
TRADING = {"active", "inactive"}


def use_registry(folder: Path, use: Callable[[Running, Registry, Clock], Awaitable[None]], **choice: Any) -> None:
    """Run a registry beside an exchange whose ticks the test plays; the registry's clock follows them by hand."""

    async def run(running: Running) -> None:
        clock = at_present(running)
        signer = load_signer(running.key.key_id, running.key.private)
        rest = Rest(running.rest, f"http://{running.address}{API}", signer, Budget(1e6, 1e6))
        registry = Registry(rest, NOWHERE, settings(**choice), Counters(), None, clock)
        await registry.load()
        following = asyncio.ensure_future(registry.run())
        try:
            await use(running, registry, clock)
        finally:
            following.cancel()
            await asyncio.wait([following])
        assert following.cancelled()

    serve(folder, run, tier="prestige")


def at_present(running: Running) -> Clock:
    """Let the exchange play from now on, when its markets are open, and return a clock that stands there, too."""
    clock = Clock()
    clock.now_s = time.time()
    running.tick = running.model.tick_publisher(int(clock.now_s) * 1_000_000)
    return clock


async def play(running: Running, registry: Registry, clock: Clock) -> set[str]:
    """Play some seconds and hand every lifecycle message over, as a session does; return their kinds."""
    kinds: set[str] = set()
    async with running.connect() as websocket:
        await command(websocket, "subscribe", channels=list(CHANNELS))
        await received(websocket)
        for frame in await running.play(websocket, TICKS):
            body = frame["msg"]
            kind = body.get("event_type", frame["type"])
            kinds.add(kind)
            registry.take_lifecycle(kind, body.get("market_ticker") or body["event_ticker"], msgspec.json.encode(body))
    clock.now_s += TICKS / 100
    return kinds


def trading(running: Running) -> set[str]:
    return {ticker for ticker, market in running.model.markets.items() if market.status in TRADING}


@pytest.mark.parametrize("combos", [True, False])
def test_the_books_of_trading_markets_are_wanted_and_no_others(tmp_path: Path, *, combos: bool) -> None:
    async def use(running: Running, registry: Registry, clock: Clock) -> None:
        before = trading(running)
        kinds = await play(running, registry, clock)
        assert {"created", "close_date_updated", "determined", "settled", "deactivated", "activated"} <= kinds
        # Beyond the time in which a book that has just closed is still followed.
        clock.now_s += 31
        # What is created at the very end opens by the clock, since the exchange's own stands still.
        due = {ticker for ticker, market in running.model.markets.items() if market.status == "initialized"}
        opened = trading(running) | due
        assert before - opened
        assert opened - before
        expected = {ticker for ticker in opened if combos or not ticker.startswith("KXMVE")}
        await wait_until_async(lambda: {*registry.wanted} == expected)

    use_registry(tmp_path, use, combos=combos)


@pytest.mark.parametrize("fault", ["rest_429", "rest_500", "truncated_pages", "repeated_pages"])
def test_a_storm_delays_the_start_and_then_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(Backoff, "next_seconds", soon)
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 2)

    async def run(running: Running) -> None:
        assert await running.fault(fault, seconds=60) == 200
        rest = Rest(running.rest, f"http://{running.address}{API}", None, Budget(1e6, 1e6))
        counters = Counters()
        registry = Registry(rest, NOWHERE, settings(combos=True), counters, None, at_present(running))
        loading = asyncio.ensure_future(registry.load())
        await asyncio.wait([loading], timeout=0.5)
        # Ten markets make one page, so a repeated one harms nothing here.
        assert loading.done() == (fault == "repeated_pages")
        await running.fault(fault, seconds=0)
        await asyncio.wait_for(loading, STILL_SECONDS_MAX)
        assert {*registry.wanted} == trading(running)

    serve(tmp_path, run, tier="prestige")


def test_a_created_market_that_rest_does_not_know_yet_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_queue_module, "delay_seconds", soon)

    async def use(running: Running, registry: Registry, clock: Clock) -> None:
        before = trading(running)
        await running.fault("not_found_after_created", seconds=3_600)
        await play(running, registry, clock)
        new = trading(running) - before
        assert new
        # Long enough to be asked for in vain as often as that is done.
        for _ in range(100):
            clock.now_s += 1
            await asyncio.sleep(0.01)
        assert new <= {*registry.wanted}

    use_registry(tmp_path, use, combos=True)
