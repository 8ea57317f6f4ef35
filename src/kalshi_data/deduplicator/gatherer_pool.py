"""Work for all gatherers at once, in which nobody waits long for one that is slow."""

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class GathererPool(Generic[Member]):
    """Gives each member a thread. One that was late is waited for no more until it has brought something again."""

    def __init__(self, members: Sequence[Member], name: str) -> None:
        """Prepare a thread for each of `members`."""
        self._threads = ThreadPoolExecutor(len(members), thread_name_prefix=name)
        self._busy: dict[Member, Future[Any]] = {}
        self._late: set[Member] = set()

    def start(self, member: Member, call: Callable[..., Any], *arguments: Any) -> None:
        """Let a member work; one that still does is left to it. What fails returns None and raises nothing."""
        if member not in self._busy:
            self._busy[member] = self._threads.submit(call, *arguments)

    def results(self, deadline: float) -> list[tuple[Member, Any]]:
        """Return what is done, waiting for the punctual until `deadline` of the monotonic clock."""
        punctual = [future for member, future in self._busy.items() if member not in self._late]
        wait(punctual, timeout=max(0.0, deadline - time.monotonic()))
        done = [(member, future.result()) for member, future in self._busy.items() if future.done()]
        for member, brought in done:
            del self._busy[member]
            if brought is not None:
                self._late.discard(member)
        self._late |= self._busy.keys()
        return [(member, brought) for member, brought in done if brought is not None]

    def close(self) -> None:
        """End the threads; work that has not begun is dropped."""
        self._threads.shutdown(cancel_futures=True)
