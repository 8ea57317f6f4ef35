"""A gatherer asks what its account and its key may do: the simulator answers, or an exchange in trouble."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, web
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.connections import account as account_module
from kalshi_data.gatherer.connections.account import KEYS, LIMITS, AccountCheck, budget_of, excess_of
from kalshi_data.gatherer.connections.settings import RequestSettings
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.health_rules import evaluate
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.rest import Rest
from kalshi_data.service.health import Severity
from kalshi_data.simulator.server import API
from tests.integration.gatherer.test_registry import settings as settings_of
from tests.integration.simulator.test_faults import Running, serve

READ, WIDE = ("read",), ("read", "write::trade")
UNAVAILABLE = web.HTTPServiceUnavailable


def no_wait(_: object) -> float:
    return 0.0


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat requests without a pause, and wait for an answer a short time."""
    hurry(monkeypatch)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "wait_seconds", no_wait)
    monkeypatch.setattr(account_module, "PAUSE_SECONDS_MAX", 0.01)
    monkeypatch.setattr(account_module, "PREFLIGHT_SECONDS_MAX", 0.2)


def chosen(key_id: str, *, allow_wide_key: bool = False, **requests: Any) -> GathererSettings:
    base = settings_of()
    exchange = msgspec.structs.replace(base.exchange, key_id=key_id, allow_wide_key=allow_wide_key)
    return msgspec.structs.replace(base, exchange=exchange, requests=RequestSettings(**requests))


def make(rest: Callable[[Any], Rest], settings: GathererSettings) -> tuple[AccountCheck, Counters]:
    counters, budget = Counters(), budget_of(settings.requests)
    return AccountCheck(rest(budget), budget, settings, counters), counters


def ask(folder: Path, scopes: tuple[str, ...] = READ, tier: str = "basic", **choice: Any) -> Counters:
    """Let a gatherer ask the simulator before it starts; return what it counted."""
    found: list[Counters] = []

    async def use(running: Running) -> None:
        signer = load_signer(running.key.key_id, running.key.private)
        url = f"http://{running.address}{API}"
        settings = chosen(running.key.key_id, **choice)
        account, counters = make(lambda budget: Rest(running.rest, url, signer, budget), settings)
        found.append(counters)
        await account.preflight()
        await asyncio.wait_for(account.run(), 20)

    serve(folder, use, scopes=scopes, tier=tier)
    return found[0]


@pytest.mark.parametrize("scopes", [READ, ("read", "read::markets")])
def test_a_key_that_only_reads_is_accepted(tmp_path: Path, scopes: tuple[str, ...]) -> None:
    assert ask(tmp_path, scopes).key_excess == ""


@pytest.mark.parametrize("scopes", [WIDE, ("write",), ("readwrite",), ()])
def test_a_key_that_may_do_more_is_refused_before_anything_is_received(tmp_path: Path, scopes: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match=r"may do more than read: .*allow_wide_key"):
        ask(tmp_path, scopes)


def test_the_settings_may_allow_such_a_key(tmp_path: Path) -> None:
    assert ask(tmp_path, WIDE, allow_wide_key=True).key_excess == ""


@pytest.mark.parametrize(
    ("tier", "requests", "tokens"),
    [
        ("basic", {}, 200),
        ("basic", {"account_gatherers": 3}, 200 / 3),
        ("basic", {"tokens_per_second": 1_000, "tokens_max": 1_000, "account_gatherers": 2}, 100),
        ("premier", {"tokens_per_second": 1_000, "tokens_max": 1_000, "account_gatherers": 4}, 250),
        ("premier", {"tokens_per_second": 50}, 50),
    ],
)
def test_each_gatherer_spends_its_part_of_what_the_account_has(
    tmp_path: Path, tier: str, requests: dict[str, Any], tokens: float
) -> None:
    assert ask(tmp_path, tier=tier, **requests).tokens_per_second == pytest.approx(tokens)


def answered(answers: Mapping[str, Iterator[object]], settings: GathererSettings) -> tuple[Counters, list[str]]:
    """Let a gatherer ask an exchange that gives these answers one after the other; return also the paths it asked."""
    paths: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.path)
        body = next(answers[request.path], None)
        if isinstance(body, type) and issubclass(body, web.HTTPException):
            raise body
        return web.json_response(body)

    async def run() -> Counters:
        application = web.Application()
        application.add_routes([web.get(path, answer) for path in answers])
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with ClientSession() as session:
                account, counters = make(lambda budget: Rest(session, url, None, budget), settings)
                await account.preflight()
                await asyncio.wait_for(account.run(), 30)
                return counters
        finally:
            await runner.cleanup()

    return asyncio.run(run()), paths


def listed(scopes: tuple[str, ...] | None) -> dict[str, Any]:
    return {"api_keys": [{"api_key_id": "other", "scopes": ["write"]}, {"api_key_id": "mine", "scopes": scopes}]}


def late(keys: object, limits: object) -> dict[str, Iterator[object]]:
    """Return the answers of an exchange that is away when the gatherer starts."""
    ill = [UNAVAILABLE] * 30
    return {KEYS: iter([*ill, keys]), LIMITS: iter([*ill, limits])}


LIMITED = {"read": {"refill_rate": 100, "bucket_capacity": 200}}
FAST: dict[str, Any] = {"tokens_per_second": 1e6, "tokens_max": 1e6}


@pytest.mark.usefixtures("soon")
def test_an_exchange_that_is_away_delays_no_start_and_is_asked_again() -> None:
    """A gatherer that records is degraded by a wide key; ending it would lose data."""
    settings = chosen("mine", **FAST)
    counters, paths = answered(late(listed(WIDE), LIMITED), settings)
    assert (paths.count(KEYS), paths.count(LIMITS)) == (31, 31)
    assert counters.tokens_per_second == 100
    found = [reason for reason in evaluate(counters, settings, 0, 0).reasons if reason.check == "key"]
    assert [reason.severity for reason in found] == [Severity.DEGRADED]
    assert "write::trade" in found[0].text


UNUSABLE: list[object] = [
    {},
    {"read": None, "api_keys": None},
    {"read": {}, "api_keys": [{}]},
    {"read": 1, "api_keys": []},
]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("body", [*UNUSABLE, {"read": {"refill_rate": 0, "bucket_capacity": 0}}, web.HTTPNotFound])
def test_what_says_nothing_changes_nothing(body: object) -> None:
    counters, paths = answered({KEYS: iter([body]), LIMITS: iter([body])}, chosen("mine", **FAST))
    assert sorted(paths) == [LIMITS, KEYS]
    assert (counters.key_excess, counters.tokens_per_second) == ("", 0)


@given(st.lists(st.sampled_from(["read", "read::markets", "write", "write::trade", "admin", "reads"])))
def test_a_key_is_narrow_if_it_has_scopes_and_each_of_them_reads(scopes: list[str]) -> None:
    narrow = bool(scopes) and {scope.split("::")[0] for scope in scopes} == {"read"}
    assert (excess_of(tuple(scopes)) == "") == narrow


def test_a_part_of_the_budget_that_allows_no_request_is_refused() -> None:
    with pytest.raises(ValueError, match="account_gatherers"):
        RequestSettings(tokens_max=20, account_gatherers=3)
    assert isinstance(budget_of(RequestSettings(tokens_max=30, account_gatherers=3)), rest_module.Budget)
