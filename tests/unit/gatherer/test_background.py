"""A task that fails is reported and runs again, and the others go on."""

import asyncio

import pytest

from kalshi_data.gatherer import background
from kalshi_data.gatherer.background import describe, keep_running
from kalshi_data.gatherer.counters import Counters
from kalshi_data.service import retry


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "DELAY_SECONDS_MIN", 0.0)


def test_a_task_that_fails_runs_again_until_it_ends() -> None:
    counters, seen = Counters(), list[dict[str, str]]()

    async def work() -> None:
        seen.append(counters.failed_tasks.copy())
        if len(seen) < 3:
            raise ZeroDivisionError("no such share")

    asyncio.run(keep_running("books", work, counters))
    assert seen == [{}, *[{"books": "ZeroDivisionError: no such share"}] * 2]
    assert counters.failed_tasks == {}


def test_a_task_that_lasts_has_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "GOOD_SECONDS", 0.0)
    counters, calls = Counters(), list[int]()

    async def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError
        while counters.failed_tasks:
            await asyncio.sleep(0)

    asyncio.run(keep_running("books", work, counters))
    assert len(calls) == 2


def test_a_stop_ends_a_task_for_good() -> None:
    async def run() -> Counters:
        counters = Counters()
        task = asyncio.create_task(keep_running("books", asyncio.Event().wait, counters))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return counters

    assert asyncio.run(run()).failed_tasks == {}


def test_the_reason_is_that_of_the_first_error() -> None:
    group = ExceptionGroup("two", [ExceptionGroup("one", [ValueError("deep")]), TypeError()])
    assert describe(group) == "ValueError: deep"
    assert len(describe(ValueError("x" * 10_000))) == 200
