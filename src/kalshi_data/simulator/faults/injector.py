"""Makes the faults happen, each noted in the journal with its time and connection."""

import asyncio
import time
from collections.abc import Coroutine, Sequence

from kalshi_data.simulator.faults.frame_faults import CHANGES, counted
from kalshi_data.simulator.faults.scenarios import OF_EXCHANGE, Fault
from kalshi_data.simulator.feed.commands import INDEX_CHANNEL
from kalshi_data.simulator.feed.publisher import BUFFER_OVERFLOW, Publisher
from kalshi_data.simulator.feed.session import Session

BOOK_CHANNEL = "orderbook_delta"
REFUSALS = {"command_timeout": 18, "market_limit": 26, "command_limit": 27}
ENDINGS = {"channel_error": 10, "overflow": BUFFER_OVERFLOW}
ASKED_EVERY_SECONDS = 0.05


class Faults:
    """All faults of one exchange."""

    def __init__(self, publisher: Publisher) -> None:
        """Begin without any."""
        self._publisher = publisher
        self._until: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.not_found_seconds = 0.0

    def active(self, name: str) -> bool:
        """Tell whether a fault of the whole exchange lasts now."""
        return time.monotonic() < self._until.get(name, 0.0)

    def schedule(self, faults: Sequence[Fault]) -> None:
        """Let each fault of a scenario happen when it is due."""
        for fault in faults:
            self._spawn(self._start_later(fault))

    def close(self) -> None:
        """Let nothing more happen."""
        for task in self._tasks:
            task.cancel()

    def start(self, fault: Fault) -> int | None:
        """Let a fault happen now; return the connection it happens to.

        Raises:
            LookupError: it is one of a connection, and there is none of that kind.
        """
        session = None if fault.name in OF_EXCHANGE else self._session(fault)
        noted = {"name": fault.name, "connection": session.number if session else None}
        lasting = {"seconds": fault.lasting_seconds, "count": fault.count}
        self._publisher.journal.noted(self._publisher.now_ms(), fault={**noted, **lasting})
        if session is None:
            self._of_exchange(fault)
            return None
        self._of_connection(fault, session)
        return session.number

    async def _start_later(self, fault: Fault) -> None:
        """Wait until the fault is due and, if it is one of a connection, until there is such a connection."""
        await asyncio.sleep(fault.after_seconds)
        while True:
            try:
                self.start(fault)
            except LookupError:
                await asyncio.sleep(ASKED_EVERY_SECONDS)
            else:
                return

    def _session(self, fault: Fault) -> Session:
        found = [
            session
            for session in self._publisher.sessions
            if fault.connection in (None, session.number) and fault.client in (None, session.client)
        ]
        with_books = [session for session in found if BOOK_CHANNEL in session.subscriptions]
        wanted = with_books if fault.connection is None else found
        if not wanted:
            raise LookupError(f"no connection for {fault.name}")
        return min(wanted, key=lambda session: session.number)

    def _of_exchange(self, fault: Fault) -> None:
        self._until[fault.name] = time.monotonic() + fault.lasting_seconds
        if fault.name == "clock_skew":
            self._publisher.skew_ms = int(fault.lasting_seconds * 1000)
        elif fault.name == "not_found_after_created":
            self.not_found_seconds = fault.lasting_seconds
        elif fault.name == "maintenance":
            for session in tuple(self._publisher.sessions):
                session.wire.abort()
            if self._publisher.venue is not None:
                self._publisher.venue.restart_clocks()

    def _of_connection(self, fault: Fault, session: Session) -> None:
        if fault.name in CHANGES:
            session.wire.damage = counted(fault.count, CHANGES[fault.name], lambda: self._heal(session))
        elif fault.name in REFUSALS:
            session.refuse_next = REFUSALS[fault.name]
        elif fault.name == "disconnect":
            session.wire.abort()
        elif fault.name == "disconnect_in_snapshots":
            session.wire.damage = CountDown(session, fault.count)
        elif fault.name in ENDINGS:
            books = {name: each for name, each in session.subscriptions.items() if name != INDEX_CHANNEL}
            session.terminate(books.get(BOOK_CHANNEL) or next(iter(books.values())), ENDINGS[fault.name])
        else:
            self._spawn(self._for_a_while(fault, session))

    @staticmethod
    def _heal(session: Session) -> None:
        session.wire.damage = None

    async def _for_a_while(self, fault: Fault, session: Session) -> None:
        """Hold a connection's frames back, or leave them out, for some seconds."""
        if fault.name == "reorder":
            session.wire.hold()
            await asyncio.sleep(fault.lasting_seconds)
            session.wire.release()
            return
        session.wire.damage = lambda _: None
        session.silent = fault.name == "silence"
        await asyncio.sleep(fault.lasting_seconds)
        session.silent = False
        self._heal(session)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class CountDown:
    """Ends a connection after some more snapshots."""

    def __init__(self, session: Session, snapshots: int) -> None:
        """Wait for `snapshots` of them."""
        self._session = session
        self._left = snapshots

    def __call__(self, payload: bytes) -> bytes | None:
        """Count a frame on its way out; nothing goes out after the last one."""
        if self._left <= 0:
            return None
        if payload.startswith(b'{"type":"orderbook_snapshot"'):
            self._left -= 1
            if self._left == 0:
                asyncio.get_running_loop().call_soon(self._end)
        return payload

    def _end(self) -> None:
        self._session.wire.flush()
        self._session.wire.abort()
