"""Play faults, and record each in the journal with its time and connection."""

import asyncio
import time
from collections.abc import Coroutine, Sequence

from kalshi_data.simulator.faults.frame_faults import CHANGES, counted
from kalshi_data.simulator.faults.rollouts import Rollouts
from kalshi_data.simulator.faults.scenarios import OF_EXCHANGE, OF_FIELDS, Fault
from kalshi_data.simulator.feed.commands import INDEX_CHANNEL
from kalshi_data.simulator.feed.publisher import BUFFER_OVERFLOW, Publisher
from kalshi_data.simulator.feed.session import ServerSession

BOOK_CHANNEL = "orderbook_delta"
COMMAND_ERRORS = {"command_timeout": 18, "market_limit": 26, "command_limit": 27}
SUBSCRIPTION_ERRORS = {"channel_error": 10, "overflow": BUFFER_OVERFLOW}
RETRY_SECONDS = 0.05


class FaultInjector:
    """Plays the faults of one exchange."""

    def __init__(self, publisher: Publisher) -> None:
        """Start without faults."""
        self._publisher = publisher
        self._until: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._rollouts = Rollouts(publisher)
        self.not_found_seconds = 0.0

    def active(self, name: str) -> bool:
        """Return whether a fault of the whole exchange is active now."""
        return time.monotonic() < self._until.get(name, 0.0)

    def is_halted(self, name: str, shard: int) -> bool:
        """Return whether a fault of all shards or of this one is active now."""
        return self.active(name) or self.active(f"{name} {shard}")

    def schedule(self, faults: Sequence[Fault]) -> None:
        """Start each fault of a scenario when it is due."""
        for fault in faults:
            self._spawn(self._start_later(fault))

    def roll_out(self, seed: int, clients: Sequence[str]) -> None:
        """Change the fields of the clients' connections at random until the end."""
        self._spawn(self._rollouts.play(seed, clients))

    def close(self) -> None:
        """Cancel all faults that have not ended."""
        for task in self._tasks:
            task.cancel()

    def start(self, fault: Fault) -> int | None:
        """Start a fault now; return the number of its connection, or None if it is one of the exchange.

        Raises:
            LookupError: if it needs a connection, and there is no matching one.
        """
        session = None if fault.name in OF_EXCHANGE else self._session(fault)
        details = {"name": fault.name, "connection": session.number if session else None}
        more = {"seconds": fault.lasting_seconds, "count": fault.count}
        more |= {} if fault.shard is None else {"shard": fault.shard}
        fields = {"fields": fault.fields} if fault.name in OF_FIELDS else {}
        self._publisher.journal.record(self._publisher.now_ms(), fault={**details, **more, **fields})
        if session is None:
            self._start_on_exchange(fault)
            return None
        self._start_on_connection(fault, session)
        return session.number

    async def _start_later(self, fault: Fault) -> None:
        """Wait until the fault is due and, if it is one of a connection, until there is such a connection."""
        await asyncio.sleep(fault.after_seconds)
        while True:
            try:
                self.start(fault)
            except LookupError:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    def _session(self, fault: Fault) -> ServerSession:
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

    def _start_on_exchange(self, fault: Fault) -> None:
        name = fault.name if fault.shard is None else f"{fault.name} {fault.shard}"
        self._until[name] = time.monotonic() + fault.lasting_seconds
        if fault.name == "clock_skew":
            self._publisher.skew_ms = int(fault.lasting_seconds * 1000)
        elif fault.name == "not_found_after_created":
            self.not_found_seconds = fault.lasting_seconds
        elif fault.name == "maintenance":
            for session in tuple(self._publisher.sessions):
                session.wire.abort()
            if self._publisher.venue is not None:
                self._publisher.venue.restart_clocks()

    def _start_on_connection(self, fault: Fault, session: ServerSession) -> None:
        if fault.name in CHANGES:
            session.wire.frame_fault = counted(
                fault.count, CHANGES[fault.name], lambda: self._clear_frame_fault(session)
            )
        elif fault.name == "rollout":
            self._spawn(self._rollouts.run(fault, session))
        elif fault.name in OF_FIELDS:
            session.fields.lack_for(fault.count, frozenset(fault.fields))
        elif fault.name in COMMAND_ERRORS:
            session.refuse_next = COMMAND_ERRORS[fault.name]
        elif fault.name == "disconnect":
            session.wire.abort()
        elif fault.name == "disconnect_in_snapshots":
            session.wire.frame_fault = DisconnectAfterSnapshots(session, fault.count)
        elif fault.name in SUBSCRIPTION_ERRORS:
            books = {name: each for name, each in session.subscriptions.items() if name != INDEX_CHANNEL}
            session.terminate(books.get(BOOK_CHANNEL) or next(iter(books.values())), SUBSCRIPTION_ERRORS[fault.name])
        else:
            self._spawn(self._run_for_seconds(fault, session))

    @staticmethod
    def _clear_frame_fault(session: ServerSession) -> None:
        session.wire.frame_fault = None

    async def _run_for_seconds(self, fault: Fault, session: ServerSession) -> None:
        """Delay or drop a connection's frames for some seconds."""
        if fault.name == "reorder":
            session.wire.hold()
            await asyncio.sleep(fault.lasting_seconds)
            session.wire.release()
            return
        session.wire.frame_fault = lambda _: None
        session.silent = fault.name == "silence"
        await asyncio.sleep(fault.lasting_seconds)
        session.silent = False
        self._clear_frame_fault(session)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class DisconnectAfterSnapshots:
    """A frame fault that ends a connection after some more snapshots."""

    def __init__(self, session: ServerSession, snapshots: int) -> None:
        """End the connection after this many snapshots."""
        self._session = session
        self._left = snapshots

    def __call__(self, payload: bytes) -> bytes | None:
        """Count a frame; drop all frames after the last snapshot."""
        if self._left <= 0:
            return None
        if payload.startswith(b'{"type":"orderbook_snapshot"'):
            self._left -= 1
            if self._left == 0:
                asyncio.get_running_loop().call_soon(self._session.wire.abort)
        return payload
