"""Brings the subscriptions of one open connection in line with its spec."""

import asyncio
import time

import structlog
from aiolimiter import AsyncLimiter

from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.connections.book_subscriptions import BookSubscriptions, CommandContext
from kalshi_data.gatherer.connections.channel_subscription import ChannelSubscription
from kalshi_data.gatherer.connections.commands import CommandSender
from kalshi_data.gatherer.connections.error_policy import ErrorAction, action_for, text_of
from kalshi_data.gatherer.connections.readiness import Readiness
from kalshi_data.gatherer.connections.refusal_reports import RefusalReports
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.trade_outage import TradeOutage
from kalshi_data.gatherer.recording.events import (
    Acknowledged,
    ErrorReceived,
    GapFound,
    SnapshotReceived,
    Unsubscribed,
)
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder
from kalshi_data.kalshi.commands import subscribe, unsubscribe
from kalshi_data.kalshi.feed import BOOK_CHANNEL, TRADE_CHANNEL, FeedConnection
from kalshi_data.service.retry import DELAY_SECONDS_MAX

log = structlog.get_logger()

# How often a subscriber looks for work that sets no event: pauses that end, audits that are due.
POLL_SECONDS = 1.0
# Errors that answer no command are logged once in this time.
ERROR_LOG_SECONDS = 60.0


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
        self._allocator = allocator
        self._readiness = readiness
        self._trade_outage = trade_outage
        self._settings = settings
        self._channels = {channel: ChannelSubscription(channel) for channel in spec.channels}
        self._work = asyncio.Event()
        self._reports = RefusalReports(spec.name, recorder.counters)
        seconds_max, received = settings.acknowledgement_seconds_max, lambda: recorder.frames_received
        self._commands = CommandSender(websocket, recorder.sent, limiter, recorder.counters, seconds_max, received)
        context = CommandContext(spec, self._commands, recorder, allocator, settings, self._reports)
        # A connection without order books has no such channel.
        book_channel = self._channels.get(BOOK_CHANNEL) or ChannelSubscription(BOOK_CHANNEL)
        self._books = BookSubscriptions(context, book_channel, self._work.set)
        self._error_logged_at_seconds = float("-inf")

    async def run(self) -> None:
        """Send commands, most urgent first, until cancelled.

        Raises:
            ExchangeError: nothing arrives on the connection, or commands are not answered.
        """
        self._spec.changed.set()
        self._spec.refused.ask_all()
        while True:
            self._work.clear()
            if not await self._send_next():
                covered, is_complete = self._recorder.markets_covered, self._is_complete()
                self._readiness.progressed(self._spec, covered, is_complete=is_complete)
                self._readiness.following(self._spec, self._recorder.books_followed)
                await self._wait_for_work()

    def closed(self) -> None:
        """Record that the connection closed."""
        self._trade_outage.lost(self._spec.name, self._websocket.last_received_at)
        self._readiness.closed(self._spec.name)

    def acknowledged(self, event: Acknowledged) -> None:
        """Record that a command was carried out, and the subscription if it made one."""
        channel = self._channels.get(event.channel) if event.channel is not None else None
        if channel is not None and event.sid is not None:
            if channel.channel == BOOK_CHANNEL and channel.sid is not None:
                self._books.clear()  # The new subscription replaces one that was not known to have ended.
            channel.acknowledged(event.sid)
            if channel.channel == TRADE_CHANNEL:
                self._trade_outage.subscribed(self._spec.name)
        self._commands.acknowledged(event.command)

    def error_received(self, event: ErrorReceived) -> None:
        """Take the answer to a command, and subscribe again what the error ended."""
        error, sid = event.error, event.sid
        for channel in self._channels.values():
            if channel.sid is not None and event.ends(channel.sid):
                self._subscription_ended(channel, text_of(error))
        if self._commands.refused(event.command, error, sid):
            return
        now = time.monotonic()
        if now - self._error_logged_at_seconds > ERROR_LOG_SECONDS:
            log.warning("error of the exchange", connection=self._spec.name, code=error.code, error=error.msg, sid=sid)
            self._error_logged_at_seconds = now

    def unsubscribed(self, event: Unsubscribed) -> None:
        """Subscribe again a channel whose subscription the exchange ended."""
        for channel in self._channels.values():
            if channel.sid is not None and channel.sid == event.sid:
                self._subscription_ended(channel, "unsubscribed by the exchange")
        self._commands.acknowledged(event.command)

    def gap_found(self, event: GapFound) -> None:
        """Request what a gap lost: trades over REST, books as snapshots."""
        if event.gap.is_repeat:
            return
        if event.channel == TRADE_CHANNEL:
            self._trade_outage.gap(event.began_at, event.frame_number)
        self._books.requests.need(event.lost, "gap")
        self._commands.frames_lost()

    def snapshot_received(self, event: SnapshotReceived) -> None:
        """Record a snapshot."""
        self._books.snapshot_received(event)

    def clock_went_back(self, ticker: str) -> None:
        """Request a book whose clock is lower than it was."""
        self._books.requests.need([ticker], "clock")

    def book_differed(self, ticker: str) -> None:
        """Request a book that is not what was received."""
        self._books.requests.need([ticker], "difference")

    def _is_complete(self) -> bool:
        """Whether everything is subscribed, or was refused several times in a row."""
        channels = (each for each in self._channels.values() if each.channel != BOOK_CHANNEL)
        return self._books.is_complete() and all(each.sid is not None or each.is_refused for each in channels)

    async def _wait_for_work(self) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._work, self._spec.changed)]
        try:
            await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._spec.changed.clear()
        self._books.check()
        self._allocator.lift_limit(self._spec)
        for channel in self._channels.values():
            if channel.lasts and channel.ends_repeatedly:
                channel.forget_ends()
                self._reports.accepted(channel.channel)

    async def _send_next(self) -> bool:
        """Send the next command; return False if there is none to send now."""
        for channel in self._channels.values():
            if channel.sid_to_end is not None:
                await self._commands.send(unsubscribe(channel.sid_to_end))
                channel.sid_to_end = None
                return True
            if channel.channel != BOOK_CHANNEL and channel.is_due:
                await self._subscribe(channel)
                return True
        return await self._books.send_next()

    async def _subscribe(self, channel: ChannelSubscription) -> None:
        """Subscribe a channel of all markets; if the exchange refuses it, go on without it for some time."""
        acknowledgements = channel.acknowledgements
        error = await self._commands.send(subscribe(channel.channel))
        if error is not None:
            action = action_for(error.code)
            self._reports.refused(channel.channel, error, action)
            is_slow = action is ErrorAction.GIVE_UP
            self._pause(channel.pace.failed(self._settings.refused_channel_seconds if is_slow else DELAY_SECONDS_MAX))
        elif channel.acknowledgements == acknowledgements:
            channel.still_subscribed()
        else:
            channel.pace.succeeded()
            if not channel.ends_repeatedly:
                self._reports.accepted(channel.channel)

    def _subscription_ended(self, channel: ChannelSubscription, reason: str) -> None:
        """Forget a subscription; subscribe the channel again after a pause."""
        self._pause(channel.ended())
        if channel.channel == TRADE_CHANNEL:
            self._trade_outage.lost(self._spec.name, self._websocket.last_received_at)
        if channel.channel == BOOK_CHANNEL:
            self._books.clear()
        ends = {"is_first": channel.ends == 1, "is_repeated": channel.ends_repeatedly}
        self._reports.ended(channel.channel, reason, **ends)

    def _pause(self, seconds: float) -> None:
        """Look for work again when a pause is over."""
        asyncio.get_running_loop().call_later(seconds, self._work.set)
