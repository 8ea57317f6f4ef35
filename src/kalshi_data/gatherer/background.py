"""Tasks of the gatherer: one that fails is started again, so that one fault ends neither the others nor the process."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import cast

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

# A task that lasts this long after a failure works again.
GOOD_SECONDS = 60.0
REASON_CHARACTERS_MAX = 200


async def keep_running(name: str, work: Callable[[], Awaitable[object]], counters: Counters) -> None:
    """Run `work` to its end; if it fails, report that in health and log, and run it again after a pause."""
    backoff = Backoff()
    loop = asyncio.get_running_loop()
    while True:
        began = time.monotonic()
        recovery = loop.call_later(GOOD_SECONDS, counters.failed_tasks.pop, name, None)
        try:
            await work()
        except Exception as error:
            if time.monotonic() - began > GOOD_SECONDS:
                backoff.reset()
            reason = describe(error)
            if counters.failed_tasks.get(name) != reason:
                log.exception("a task failed, it is started again", task=name)
            counters.failed_tasks[name] = reason
        else:
            counters.failed_tasks.pop(name, None)
            return
        finally:
            recovery.cancel()
        await asyncio.sleep(backoff.next_seconds())


def describe(error: BaseException) -> str:
    """Return the kind and the text of an error; of a group, those of its first error."""
    if isinstance(error, BaseExceptionGroup):
        return describe(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return f"{type(error).__name__}: {error}"[:REASON_CHARACTERS_MAX]


async def first_of(*events: asyncio.Event) -> None:
    """Wait until one of some events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
