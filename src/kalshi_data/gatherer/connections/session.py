"""One open connection, from its first command to its last frame."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import structlog

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.subscriber import Subscriber
from kalshi_data.gatherer.recording.events import (
    Acknowledged,
    BookCompared,
    ClockWentBack,
    ErrorReceived,
    Event,
    GapFound,
    LifecycleChanged,
    SnapshotReceived,
    Unsubscribed,
)
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder
from kalshi_data.kalshi.error_messages import clean
from kalshi_data.kalshi.feed import FeedConnection
from kalshi_data.service.metrics import is_new

log = structlog.get_logger()

# How often a session checks that frames arrive and that they can be kept.
CHECK_SECONDS = 0.5
# The code of a connection that ended without a close frame: RFC 6455, section 7.4.1.
CLOSED_ABNORMALLY = 1006

# Takes the kind of a lifecycle message, the ticker of its market or event, and its body.
TakeLifecycle = Callable[[str, str, bytes], None]


class FeedSession:
    """Records what an open connection receives, and acts on it, until the connection closes."""

    def __init__(
        self,
        name: str,
        websocket: FeedConnection,
        recorder: ConnectionRecorder,
        subscriber: Subscriber,
        take_lifecycle: TakeLifecycle,
        stopping: asyncio.Event,
        silence_seconds_max: float,
    ) -> None:
        """Prepare to follow `websocket`; `stopping` is set when the gatherer closes its connections."""
        self._name = name
        self._websocket = websocket
        self._recorder = recorder
        self._subscriber = subscriber
        self._take_lifecycle = take_lifecycle
        self._stopping = stopping
        self._silence_seconds_max = silence_seconds_max
        self._failed = asyncio.Event()
        self._failure = ""

    async def run(self) -> str:
        """Subscribe and stay subscribed until the connection closes; return why it closed.

        Raises:
            websockets.exceptions.ConnectionClosedError: the connection broke.
        """
        self._websocket.take = self._take
        log.info("connected", connection=self._name, connection_id=self._recorder.connection_id)
        reason = "failed"
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(each) for each in (self._subscriber.run(), self._watch())]
                await self._websocket.wait_closed()
                for task in tasks:
                    task.cancel()
            reason = self._why_closed()
        except* ExchangeError as errors:
            reason = clean("; ".join(str(error) for error in errors.exceptions))
        except* Exception as errors:
            reason = self._record_failure(errors.exceptions[0])
        finally:
            self._websocket.take = None
            self._recorder.closed(reason)
            self._subscriber.closed()
        log.info("disconnected", connection=self._name, reason=reason, frames=self._recorder.frames_received)
        return reason

    async def _watch(self) -> None:
        """End the connection if nothing arrives, not even a ping, or if frames cannot be kept."""
        self._websocket.received_at_seconds = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._failed.wait()
                    raise ExchangeError(self._failure)
            if time.monotonic() - self._websocket.received_at_seconds > self._silence_seconds_max:
                raise ExchangeError(f"nothing arrived for {self._silence_seconds_max} s")
            if self._recorder.is_full:
                raise ExchangeError("neither the database nor the frame log takes frames")

    def _why_closed(self) -> str:
        if self._stopping.is_set():
            return "stopped"
        if self._websocket.close_code == CLOSED_ABNORMALLY:
            return "the connection broke"
        reason = clean(self._websocket.close_reason or "")
        return f"closed by the exchange: {self._websocket.close_code} {reason}".rstrip()

    def _take(self, frame: bytes) -> None:
        """Record a frame and act on its events; called while the socket is read, so nothing here waits."""
        try:
            for event in self._recorder.frame(frame):
                self._act(event)
        except Exception as error:
            self._failure = self._record_failure(error)
            self._failed.set()

    def _record_failure(self, error: BaseException) -> str:
        """Count an error of this program, which ends this connection; return the reason. Log the first of its kind."""
        kind, counters = type(error).__name__, self._recorder.counters
        if is_new(counters.connection_errors, kind):
            log.error("this program failed on a connection", connection=self._name, exc_info=error)
        counters.connection_errors[kind] += 1
        return clean(f"this program failed: {kind}: {error}")

    def _act(self, event: Event) -> None:
        subscriber = self._subscriber
        match event:
            case Acknowledged():
                subscriber.acknowledged(event)
            case ErrorReceived():
                subscriber.error_received(event)
            case Unsubscribed():
                subscriber.unsubscribed(event)
            case GapFound():
                subscriber.gap_found(event)
            case SnapshotReceived():
                subscriber.snapshot_received(event)
            case BookCompared(ticker=ticker, wrong_level_count=wrong, is_repeated=is_repeated):
                # If the fresh one differs, too, the next audit follows.
                if wrong and not is_repeated:
                    subscriber.book_differed(ticker)
            case ClockWentBack(ticker=ticker):
                subscriber.clock_went_back(ticker)
            case LifecycleChanged(kind=kind, subject=subject, payload=payload):
                self._take_lifecycle(kind, subject, payload)
            case _:
                return
