"""One open connection: brings its subscriptions in line with what is wanted, and acts on what the exchange says."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from aiolimiter import AsyncLimiter

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.allocation import ConnectionSpec
from kalshi_data.gatherer.connections.commands import CommandSender, halves
from kalshi_data.gatherer.connections.coordinator import Desk
from kalshi_data.gatherer.connections.error_policy import ErrorAction, action_for
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.snapshot_requests import SnapshotRequests
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder
from kalshi_data.kalshi.commands import Command, subscribe, update
from kalshi_data.kalshi.feed import BOOK_CHANNEL, FeedConnection
from kalshi_data.kalshi.messages import Refusal
from kalshi_data.service.retry import delay_seconds

log = structlog.get_logger()

ATTEMPTS_MAX = 8
RETRY_SECONDS_MAX = 10.0
# Refused snapshots are asked for again after the pause of this attempt.
ASK_AGAIN_ATTEMPT = 3
# How often a session looks for work that nobody announced: audits that are due, channels to ask for again.
LOOK_SECONDS = 1.0


class FeedSession:
    """Follows one open connection from its first command to its last frame; it is the recorder's listener."""

    def __init__(self, spec: ConnectionSpec, desk: Desk, settings: SubscriptionSettings, limiter: AsyncLimiter) -> None:
        """Prepare to subscribe what `spec` is for."""
        self._spec = spec
        self._desk = desk
        self._settings = settings
        self._limiter = limiter
        self._commands: CommandSender
        self._recorder: ConnectionRecorder
        self._websocket: FeedConnection
        self._sids: dict[str, int] = {}
        self._subscribed: dict[str, None] = {}
        self._asked_again_at: dict[str, float] = {}
        self._work = asyncio.Event()
        self._requests = SnapshotRequests(settings.audit_seconds, self._work.set)

    async def run(self, websocket: FeedConnection, url: str) -> str:
        """Subscribe and keep subscribed until the connection closes; return why it did.

        Raises:
            ExchangeError: a command was refused for good, or not acknowledged in time.
            websockets.exceptions.ConnectionClosedError: the connection broke.
        """
        self._websocket = websocket
        self._recorder = self._desk.recorder.open(self._spec.name, url, self)
        limit = self._settings.acknowledgement_seconds_max
        self._commands = CommandSender(websocket, self._recorder.sent, self._limiter, self._desk.counters, limit)
        websocket.take = self._recorder.frame
        self._spec.changed.set()
        log.info("connected", connection=self._spec.name, connection_id=self._recorder.connection_id)
        reason = "failed"
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(each) for each in (self._tend(), self._watch(websocket))]
                await websocket.wait_closed()
                for task in tasks:
                    task.cancel()
            reason = self._desk.why_closed(websocket)
        except* ExchangeError as errors:
            reason = "; ".join(str(error) for error in errors.exceptions)
        finally:
            websocket.take = None
            self._recorder.closed(reason)
            self._desk.left(self._spec.name, self._websocket.last_received_at)
        log.info("disconnected", connection=self._spec.name, reason=reason, frames=self._recorder.frames_received)
        return reason

    async def _watch(self, websocket: FeedConnection) -> None:
        """End a connection on which nothing arrives, not even the exchange's pings, or that has nowhere to go."""
        limit = self._settings.silence_seconds_max
        websocket.received_at_seconds = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS / 2)
            if time.monotonic() - websocket.received_at_seconds > limit:
                raise ExchangeError(f"nothing arrived for {limit} s")
            if self._desk.no_room:
                raise ExchangeError("neither the database nor the frame log takes frames")

    async def _tend(self) -> None:
        """Do what there is to do, most urgent first, one command after the other."""
        while True:
            self._work.clear()
            if not await self._do_next():
                self._desk.settled(self._spec, self._recorder.markets_covered, done=not self._missing())
                await self._wait_for_work()

    async def _wait_for_work(self) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._work, self._spec.changed)]
        try:
            await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._spec.changed.clear()
        self._requests.audit(self._subscribed)

    async def _do_next(self) -> bool:
        """Send the next command there is, if any."""
        for channel in self._spec.channels:
            due = time.monotonic() >= self._asked_again_at.get(channel, 0.0)
            if channel != BOOK_CHANNEL and channel not in self._sids and due:
                await self._command(subscribe(channel), channel)
                return True
        sid = self._sids.get(BOOK_CHANNEL)
        if dropped := [each for each in self._subscribed if each not in self._spec.tickers]:
            await self._drop(sid, dropped[: self._settings.markets_per_command_max])
            return True
        if missing := self._missing():
            await self._add(sid, missing[: self._settings.markets_per_command_max])
            return True
        return await self._ask_for_snapshots(sid)

    def _missing(self) -> list[str]:
        return [each for each in self._spec.tickers if each not in self._subscribed]

    async def _drop(self, sid: int | None, tickers: Sequence[str]) -> None:
        if sid is not None:
            await self._command(update(sid, "delete_markets", tickers), BOOK_CHANNEL)
        for ticker in tickers:
            self._subscribed.pop(ticker, None)
            self._requests.forget(ticker)

    async def _add(self, sid: int | None, tickers: Sequence[str]) -> None:
        """Subscribe markets; where the exchange refuses, find out which of them it is."""
        command = subscribe(BOOK_CHANNEL, tickers) if sid is None else update(sid, "add_markets", tickers)
        refusal = await self._command(command, BOOK_CHANNEL, markets=len(tickers))
        if refusal is None:
            self._subscribed |= dict.fromkeys(tickers)
            return
        action = action_for(refusal.code, markets=len(tickers))
        if action is ErrorAction.MOVE:
            self._desk.allocator.limit(self._spec, len(self._subscribed))
        elif action is ErrorAction.SPLIT and len(tickers) > 1:
            for part in halves(tickers):
                await self._add(self._sids.get(BOOK_CHANNEL), part)
        elif action is ErrorAction.SPLIT:
            log.error("market refused, going on without it", ticker=tickers[0], code=refusal.code, error=refusal.msg)
            self._desk.allocator.refuse(tickers[0])
        elif action is ErrorAction.GIVE_UP:
            raise ExchangeError(f"the exchange refused order books: error {refusal.code}, {refusal.msg}")

    async def _ask_for_snapshots(self, sid: int | None) -> bool:
        if sid is None or not (
            wanted := self._requests.take(self._subscribed, self._settings.snapshots_per_command_max)
        ):
            return False
        self._desk.counters.snapshots_requested.update(wanted.values())
        await self._ask(sid, wanted)
        return True

    async def _ask(self, sid: int, wanted: Mapping[str, str]) -> None:
        """Ask for snapshots; what is refused is asked for again, but for a market that the exchange does not accept."""
        command = update(sid, "get_snapshot", tickers := list(wanted))
        refusal = await self._command(command, BOOK_CHANNEL, markets=len(tickers), snapshots_of=tickers)
        if refusal is None or self._sids.get(BOOK_CHANNEL) != sid:
            return  # a subscription begun anew sends every book
        if action_for(refusal.code, markets=len(tickers)) is not ErrorAction.SPLIT:
            self._requests.put_back(wanted, delay_seconds(ASK_AGAIN_ATTEMPT, random.uniform))
        elif len(tickers) > 1:
            for part in halves(tickers):
                await self._ask(sid, {ticker: wanted[ticker] for ticker in part})
        else:
            log.error("snapshot refused", ticker=tickers[0], code=refusal.code, error=refusal.msg)

    async def _command(
        self, command: Command, channel: str, *, markets: int = 0, snapshots_of: Sequence[str] = ()
    ) -> Refusal | None:
        """Send a command, again where that can help; return the error that stays.

        Raises:
            ExchangeError: it was refused again and again, or never acknowledged.
        """
        for attempt in range(1, ATTEMPTS_MAX + 1):
            refusal = await self._commands.send(command, snapshots_of)
            if refusal is None:
                return None
            action = action_for(refusal.code, markets=markets)
            log.warning("command refused", connection=self._spec.name, code=refusal.code, action=action.name)
            if action in (ErrorAction.RETRY, ErrorAction.SLOW_DOWN):
                await asyncio.sleep(delay_seconds(attempt, random.uniform, RETRY_SECONDS_MAX))
                continue
            if action is ErrorAction.RESUBSCRIBE:
                self._ended(channel)
            elif action is ErrorAction.GIVE_UP and channel != BOOK_CHANNEL:
                self._asked_again_at[channel] = time.monotonic() + self._settings.refused_channel_seconds
                self._desk.channel_refused(self._spec.name, channel, refusal)
            return refusal
        raise ExchangeError(f"a command was refused {ATTEMPTS_MAX} times")

    def _ended(self, channel: str) -> None:
        """Take note that a subscription is gone, so that it is begun anew after a pause."""
        self._sids.pop(channel, None)
        self._desk.channel_lost(self._spec.name, channel, self._websocket.last_received_at)
        self._asked_again_at[channel] = time.monotonic() + (pause := delay_seconds(1, random.uniform))
        if channel == BOOK_CHANNEL:
            self._subscribed.clear()
            self._requests.clear()
        asyncio.get_running_loop().call_later(pause, self._work.set)

    # What the recorder tells; nothing here may wait.

    def acknowledged(self, command: int | None, sid: int | None, channel: str | None) -> None:
        """Note a subscription, and that a command was carried out."""
        if channel is not None and sid is not None:
            self._sids[channel] = sid
            self._desk.channel_subscribed(self._spec.name, channel)
        self._commands.acknowledged(command)

    def refused(self, command: int | None, sid: int | None, refusal: Refusal) -> None:
        """Note an answer, or begin a subscription anew that the exchange ended."""
        if self._commands.refused(command, refusal):
            return
        log.warning("error of the exchange", connection=self._spec.name, code=refusal.code, error=refusal.msg, sid=sid)
        channel = next((name for name, number in self._sids.items() if number == sid), None)
        if channel is not None and action_for(refusal.code, markets=0) is ErrorAction.RESUBSCRIBE:
            self._ended(channel)

    def gap(self, sid: int, channel: str, frame_number: int, gap: object, lost: set[str], began_at: datetime) -> None:
        """Ask for what is missing."""
        self._desk.missed(channel, frame_number, began_at)
        self._requests.need(lost, "gap")
        self._commands.interrupted()

    def snapshot(self, command: int | None, ticker: str, known: bool) -> None:
        """Take a snapshot as the answer to a command."""
        self._commands.snapshot(command, ticker)

    def clock_went_back(self, ticker: str) -> None:
        """Ask for a new beginning of a book."""
        self._requests.need([ticker], "clock")

    def lifecycle(self, kind: str, subject: str, payload: bytes) -> None:
        """Tell the registry."""
        self._desk.lifecycle(kind, subject, payload)
