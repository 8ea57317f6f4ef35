"""Brings the subscriptions of one open connection in line with its spec."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import structlog
from aiolimiter import AsyncLimiter

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.connections.commands import CommandSender, halves
from kalshi_data.gatherer.connections.error_policy import ErrorAction, action_for
from kalshi_data.gatherer.connections.readiness import Readiness
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.snapshot_requests import SnapshotRequests
from kalshi_data.gatherer.connections.trade_outage import TradeOutage
from kalshi_data.gatherer.recording.events import Acknowledged, ErrorReceived, GapFound, Unsubscribed
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder
from kalshi_data.kalshi.commands import Command, subscribe, update
from kalshi_data.kalshi.feed import BOOK_CHANNEL, TRADE_CHANNEL, FeedConnection
from kalshi_data.kalshi.messages import ErrorBody
from kalshi_data.service.retry import delay_seconds

log = structlog.get_logger()

ATTEMPTS_MAX = 8
RETRY_SECONDS_MAX = 10.0
# Refused snapshots are requested again after the pause of this attempt.
SNAPSHOT_RETRY_ATTEMPT = 3
# How often a subscriber looks for work that sets no event: audits that are due, channels to subscribe again.
POLL_SECONDS = 1.0


class Subscriber:
    """Sends one command after the other until the exchange has acknowledged everything that the spec names."""

    def __init__(
        self,
        spec: ConnectionSpec,
        websocket: FeedConnection,
        recorder: ConnectionRecorder,
        allocator: SubscriptionAllocator,
        readiness: Readiness,
        trade_outage: TradeOutage,
        settings: SubscriptionSettings,
        limiter: AsyncLimiter,
    ) -> None:
        """Prepare to subscribe on `websocket` what `spec` names, at the pace of `limiter`."""
        self._spec = spec
        self._websocket = websocket
        self._recorder = recorder
        self._counters = recorder.counters
        self._allocator = allocator
        self._readiness = readiness
        self._trade_outage = trade_outage
        self._settings = settings
        self._sids: dict[str, int] = {}
        self._subscribed: dict[str, None] = {}
        self._retry_at_seconds: dict[str, float] = {}  # by channel
        self._work = asyncio.Event()
        limit = settings.acknowledgement_seconds_max
        self.commands = CommandSender(websocket, recorder.sent, limiter, self._counters, limit)
        self.requests = SnapshotRequests(settings.audit_seconds, self._work.set)

    async def run(self) -> None:
        """Send commands, most urgent first, until cancelled.

        Raises:
            ExchangeError: a command was refused for good, or not acknowledged in time.
        """
        self._spec.changed.set()
        while True:
            self._work.clear()
            if not await self._send_next():
                is_complete = not self._missing()
                self._readiness.progressed(self._spec, self._recorder.markets_covered, is_complete=is_complete)
                await self._wait_for_work()

    def closed(self) -> None:
        """Record that the connection closed."""
        self._trade_outage.lost(self._spec.name, self._websocket.last_received_at)
        self._readiness.closed(self._spec.name)

    def acknowledged(self, event: Acknowledged) -> None:
        """Record that a command was carried out, and the subscription if it made one."""
        channel = event.channel
        if channel is not None and event.sid is not None:
            self._sids[channel] = event.sid
            self._counters.refused.pop(self._refused_name(channel), None)
            if channel == TRADE_CHANNEL:
                self._trade_outage.subscribed(self._spec.name)
        self.commands.acknowledged(event.command)

    def error_received(self, event: ErrorReceived) -> None:
        """Take the answer to a command, or subscribe again a channel whose subscription the exchange ended."""
        error, sid = event.error, event.sid
        for channel in [name for name, number in self._sids.items() if event.ends(number)]:
            self._subscription_ended(channel)
        if not self.commands.refused(event.command, error):
            log.warning("error of the exchange", connection=self._spec.name, code=error.code, error=error.msg, sid=sid)

    def unsubscribed(self, event: Unsubscribed) -> None:
        """Subscribe again a channel whose subscription the exchange ended."""
        for channel in [name for name, number in self._sids.items() if number == event.sid]:
            log.warning("subscription ended by the exchange", connection=self._spec.name, channel=channel)
            self._subscription_ended(channel)
        self.commands.acknowledged(event.command)

    def gap_found(self, event: GapFound) -> None:
        """Request what a gap lost: trades over REST, books as snapshots."""
        if event.gap.is_repeat:
            return
        if event.channel == TRADE_CHANNEL:
            self._trade_outage.gap(event.began_at, event.frame_number)
        self.requests.need(event.lost, "gap")
        self.commands.frames_lost()

    async def _wait_for_work(self) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._work, self._spec.changed)]
        try:
            await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._spec.changed.clear()
        self.requests.audit(self._subscribed)

    async def _send_next(self) -> bool:
        """Send the next command; return False if there is none to send."""
        for channel in self._spec.channels:
            is_due = time.monotonic() >= self._retry_at_seconds.get(channel, 0.0)
            if channel != BOOK_CHANNEL and channel not in self._sids and is_due:
                await self._command(subscribe(channel), channel)
                return True
        sid = self._sids.get(BOOK_CHANNEL)
        if dropped := [each for each in self._subscribed if each not in self._spec.tickers]:
            await self._drop(sid, dropped[: self._settings.markets_per_command_max])
            return True
        if missing := self._missing():
            await self._add(sid, missing[: self._settings.markets_per_command_max])
            return True
        return await self._request_snapshots(sid)

    def _missing(self) -> list[str]:
        return [each for each in self._spec.tickers if each not in self._subscribed]

    async def _drop(self, sid: int | None, tickers: Sequence[str]) -> None:
        if sid is not None:
            await self._command(update(sid, "delete_markets", tickers), BOOK_CHANNEL)
        for ticker in tickers:
            self._subscribed.pop(ticker, None)
            self.requests.forget(ticker)

    async def _add(self, sid: int | None, tickers: Sequence[str]) -> None:
        """Subscribe markets; if the exchange refuses, halve the command until the refused market is found."""
        command = subscribe(BOOK_CHANNEL, tickers) if sid is None else update(sid, "add_markets", tickers)
        error = await self._command(command, BOOK_CHANNEL, markets=len(tickers))
        if error is None:
            # The exchange may have ended the subscription after the acknowledgement, before this task ran again.
            if BOOK_CHANNEL in self._sids:
                self._subscribed |= dict.fromkeys(tickers)
            return
        action = action_for(error.code, markets=len(tickers))
        if action is ErrorAction.MOVE:
            self._allocator.limit(self._spec, len(self._subscribed))
        elif action is ErrorAction.SPLIT and len(tickers) > 1:
            for part in halves(tickers):
                await self._add(self._sids.get(BOOK_CHANNEL), part)
        elif action is ErrorAction.SPLIT:
            log.error("market refused, going on without it", ticker=tickers[0], code=error.code, error=error.msg)
            self._allocator.exclude(tickers[0])
        elif action is ErrorAction.GIVE_UP:
            raise ExchangeError(f"the exchange refused order books: error {error.code}, {error.msg}")

    async def _request_snapshots(self, sid: int | None) -> bool:
        if sid is None:
            return False
        wanted = self.requests.take(self._subscribed, self._settings.snapshots_per_command_max)
        if not wanted:
            return False
        self._counters.snapshots_requested.update(wanted.values())
        await self._request(sid, wanted)
        return True

    async def _request(self, sid: int, wanted: Mapping[str, str]) -> None:
        """Request snapshots; repeat what is refused later, except for a market that the exchange does not accept."""
        command = update(sid, "get_snapshot", tickers := list(wanted))
        error = await self._command(command, BOOK_CHANNEL, markets=len(tickers), snapshots_of=tickers)
        if error is None or self._sids.get(BOOK_CHANNEL) != sid:
            return  # A new subscription sends the snapshot of every book.
        if action_for(error.code, markets=len(tickers)) is not ErrorAction.SPLIT:
            self.requests.put_back(wanted, delay_seconds(SNAPSHOT_RETRY_ATTEMPT))
        elif len(tickers) > 1:
            for part in halves(tickers):
                await self._request(sid, {ticker: wanted[ticker] for ticker in part})
        else:
            log.error("snapshot refused", ticker=tickers[0], code=error.code, error=error.msg)

    async def _command(
        self, command: Command, channel: str, *, markets: int = 0, snapshots_of: Sequence[str] = ()
    ) -> ErrorBody | None:
        """Send a command, and repeat it if that can help; return the exchange's last error, None for success.

        Raises:
            ExchangeError: it was refused ATTEMPTS_MAX times, or never acknowledged.
        """
        for attempt in range(1, ATTEMPTS_MAX + 1):
            error = await self.commands.send(command, snapshots_of)
            if error is None:
                return None
            action = action_for(error.code, markets=markets)
            log.warning("command refused", connection=self._spec.name, code=error.code, action=action.name)
            if action in (ErrorAction.RETRY, ErrorAction.SLOW_DOWN):
                await asyncio.sleep(delay_seconds(attempt, RETRY_SECONDS_MAX))
                continue
            if action is ErrorAction.RESUBSCRIBE:
                self._subscription_ended(channel)
            elif action is ErrorAction.GIVE_UP and channel != BOOK_CHANNEL:
                self._channel_refused(channel, error)
            return error
        raise ExchangeError(f"a command was refused {ATTEMPTS_MAX} times")

    def _channel_refused(self, channel: str, error: ErrorBody) -> None:
        log.error("channel refused, going on without it", channel=channel, code=error.code, error=error.msg)
        self._retry_at_seconds[channel] = time.monotonic() + self._settings.refused_channel_seconds
        self._counters.refused[self._refused_name(channel)] = f"error {error.code}, {error.msg}"

    def _refused_name(self, channel: str) -> str:
        return f"{self._spec.name} {channel}"

    def _subscription_ended(self, channel: str) -> None:
        """Forget a subscription; subscribe the channel again after a pause."""
        self._sids.pop(channel, None)
        if channel == TRADE_CHANNEL:
            self._trade_outage.lost(self._spec.name, self._websocket.last_received_at)
        self._retry_at_seconds[channel] = time.monotonic() + (pause := delay_seconds(1))
        if channel == BOOK_CHANNEL:
            self._subscribed.clear()
            self.requests.clear()
        asyncio.get_running_loop().call_later(pause, self._work.set)
