"""Threads that work for all gatherers at once, so that a slow gatherer does not delay the others for long."""

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeVar

import structlog

log = structlog.get_logger()

Member = TypeVar("Member", bound=Hashable)


class GathererPool(Generic[Member]):
    """Gives each member a thread; it does not wait for a member that was late until that one returns a result again."""

    def __init__(self, members: Sequence[Member], name: str) -> None:
        """Prepare a thread for each of `members`."""
        self._threads = ThreadPoolExecutor(len(members), thread_name_prefix=name)
        self._busy: dict[Member, Future[Any]] = {}
        self._late: set[Member] = set()

    def start(self, member: Member, call: Callable[..., Any], *arguments: Any) -> None:
        """Run a call for a member unless its last one still runs; a call returns None on failure."""
        if member not in self._busy:
            self._busy[member] = self._threads.submit(_guarded, call, *arguments)

    def results(self, deadline: float) -> list[tuple[Member, Any]]:
        """Return finished results; wait until `deadline` (monotonic), but not for members that were late last time."""
        punctual = [future for member, future in self._busy.items() if member not in self._late]
        wait(punctual, timeout=max(0.0, deadline - time.monotonic()))
        finished = [(member, future.result()) for member, future in self._busy.items() if future.done()]
        for member, result in finished:
            del self._busy[member]
            if result is not None:
                self._late.discard(member)
        self._late |= self._busy.keys()
        return [(member, result) for member, result in finished if result is not None]

    def close(self) -> None:
        """End the threads; calls that have not started are dropped."""
        self._threads.shutdown(cancel_futures=True)


def _guarded(call: Callable[..., Any], *arguments: Any) -> Any:
    """Return None after an error that the call did not expect, so that the other members' results are not lost."""
    try:
        return call(*arguments)
    except Exception:
        log.exception("a call for a gatherer failed", call=getattr(call, "__qualname__", str(call)))
        return None
