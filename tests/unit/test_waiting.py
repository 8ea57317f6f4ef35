"""Waits end when the condition holds, and give up only when nothing moves any more."""

import asyncio
import itertools
import time
from collections.abc import Callable

import pytest

from tests.support.waiting import wait_until, wait_until_async

STILL_SECONDS = 0.1


def test_the_first_true_value_is_returned() -> None:
    values = iter((0, "", "found"))
    assert wait_until(lambda: next(values)) == "found"


def test_a_wait_goes_on_while_something_moves() -> None:
    ends = time.monotonic() + 3 * STILL_SECONDS
    moving = itertools.count()
    assert wait_until(lambda: time.monotonic() > ends, progress=lambda: next(moving), still_seconds_max=STILL_SECONDS)


@pytest.mark.parametrize("progress", [None, lambda: 7])
def test_a_wait_gives_up_when_nothing_moves(progress: Callable[[], int] | None) -> None:
    with pytest.raises(AssertionError, match="without progress"):
        wait_until(lambda: False, progress=progress, still_seconds_max=STILL_SECONDS)


def test_a_failed_wait_reports_what_it_waited_for_and_how_far_it_came() -> None:
    with pytest.raises(AssertionError, match=r"at 7.*: rows of a gatherer"):
        wait_until(lambda: False, lambda: "rows of a gatherer", progress=lambda: 7, still_seconds_max=0)


def test_an_event_loop_waits_the_same_way() -> None:
    async def wait() -> list[str]:
        arrived: list[str] = []
        asyncio.get_running_loop().call_later(0.05, arrived.append, "row")
        with pytest.raises(AssertionError, match="without progress"):
            await wait_until_async(lambda: False, still_seconds_max=0)
        return await wait_until_async(lambda: arrived)

    assert asyncio.run(wait()) == ["row"]
