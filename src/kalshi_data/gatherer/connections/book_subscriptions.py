"""The order books of one open connection: which are subscribed, and the commands that are still to be sent."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.connections.channel_subscription import ChannelSubscription
from kalshi_data.gatherer.connections.commands import CommandSender
from kalshi_data.gatherer.connections.error_policy import NO_ANSWER, ErrorAction, action_for, text_of
from kalshi_data.gatherer.connections.pace import CommandPace
from kalshi_data.gatherer.connections.refusal_reports import RefusalReports
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.snapshot_requests import AUDIT, SnapshotRequests
from kalshi_data.gatherer.recording.events import SnapshotReceived
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder
from kalshi_data.kalshi.commands import Command, subscribe, update
from kalshi_data.kalshi.feed import BOOK_CHANNEL
from kalshi_data.kalshi.messages import ErrorBody
from kalshi_data.service.retry import DELAY_SECONDS_MAX

ADD, DELETE, SNAPSHOT = "add_markets", "delete_markets", "get_snapshot"
UNKNOWN_MARKET = "the exchange does not know the market"
NO_SNAPSHOT = "its snapshot does not come"
# After as many commands about books without an answer, the connection is closed and opened again.
UNANSWERED_MAX = 3


class CommandContext(NamedTuple):
    """What commands of one connection need."""

    spec: ConnectionSpec
    commands: CommandSender
    recorder: ConnectionRecorder
    allocator: SubscriptionAllocator
    settings: SubscriptionSettings
    reports: RefusalReports


class BookSubscriptions:
    """Sends one command about order books after the other; what the exchange refuses is asked for again later."""

    def __init__(self, context: CommandContext, channel: ChannelSubscription, announce: Callable[[], None]) -> None:
        """Start without books; `announce` is called when there is work."""
        self._spec, self._commands, self._recorder, self._allocator, self._settings, self._reports = context
        self._channel = channel
        self._announce = announce
        # The subscribed books, each with the time from which its snapshot is awaited.
        self.subscribed: dict[str, float] = {}
        self.requests = SnapshotRequests(self._settings.audit_seconds, announce)
        self._deletions = CommandPace()
        self._snapshots = CommandPace()
        self._unanswered = 0

    def clear(self) -> None:
        """Forget all books, since their subscription ended; a new one sends all snapshots."""
        self.subscribed.clear()
        self.requests.clear()

    def is_complete(self) -> bool:
        """Whether every book is subscribed, or refused by the exchange."""
        return self._channel.is_refused or all(
            ticker in self.subscribed or ticker in self._spec.refused for ticker in self._spec.tickers
        )

    def snapshot_received(self, event: SnapshotReceived) -> None:
        """Record what a snapshot says about its market; for an unknown one, the exchange sends an empty one."""
        self._commands.snapshot(event.command, event.ticker)
        if event.is_known:
            self._spec.refused.forget(event.ticker)
        elif event.ticker in self._spec.tickers and event.ticker not in self._recorder.books_covered():
            self._refuse(event.ticker, UNKNOWN_MARKET)

    def check(self) -> None:
        """Request audits that are due, and the snapshots of books that are subscribed but not covered."""
        self.requests.audit(self.subscribed)
        oldest = time.monotonic() - self._settings.acknowledgement_seconds_max
        covered = self._recorder.books_covered()
        self._spec.refused.received(covered & self.subscribed.keys())
        for ticker, since in self.subscribed.items():
            if since < oldest and ticker not in covered and not self._spec.refused.is_waiting(ticker):
                self.requests.miss(ticker)
                self.subscribed[ticker] = time.monotonic()

    async def send_next(self) -> bool:
        """Send the next command; return False if there is none to send now."""
        return await self._drop_next() or await self._add_next() or await self._request_next()

    async def _drop_next(self) -> bool:
        """End books that are not wanted any more, and those that are asked for again."""
        sid = self._channel.sid
        if sid is None or not self._deletions.is_due:
            return False
        tickers, refused = self._spec.tickers, self._spec.refused
        dropped = [each for each in self.subscribed if each not in tickers or refused.is_due(each)]
        batch = dropped[: self._deletions.markets_max(self._settings.markets_per_command_max)]
        if not batch:
            return False
        error = await self._send(update(sid, DELETE, batch), DELETE)
        if self._channel.sid != sid:
            return True  # The subscription ended, and all its books with it.
        # A single market that cannot be dropped because of itself is not subscribed.
        if error is None or (len(batch) == 1 and action_for(error.code) is ErrorAction.SPLIT):
            self._deletions.succeeded()
            for ticker in batch:
                self.subscribed.pop(ticker, None)
                self.requests.forget(ticker)
        else:
            self._slow_down(self._deletions, error, len(batch))
        return True

    def _missing(self) -> Sequence[str]:
        """Return the books to subscribe now; refused ones come last and in commands of their own."""
        missing = [each for each in self._spec.tickers if each not in self.subscribed]
        refused = self._spec.refused
        new = [each for each in missing if each not in refused]
        return new or [each for each in missing if refused.is_due(each)]

    async def _add_next(self) -> bool:
        sid, acknowledgements = self._channel.sid, self._channel.acknowledgements
        if not (self._channel.pace.is_due if sid is not None else self._channel.is_due):
            return False
        batch = self._missing()[: self._channel.pace.markets_max(self._settings.markets_per_command_max)]
        if not batch:
            return False
        command = subscribe(BOOK_CHANNEL, batch) if sid is None else update(sid, ADD, batch)
        self._spec.refused.asked(batch)
        error = await self._send(command, BOOK_CHANNEL)
        if error is not None:
            self._spec.refused.not_answered(batch)
            if self._channel.sid == sid:
                self._add_failed(error, batch)
        elif sid is None and self._channel.acknowledgements == acknowledgements:
            self._channel.still_subscribed()
        # The exchange may have ended the subscription after the acknowledgement, before this task ran again.
        elif self._channel.sid is not None:
            if self._channel.pace.should_divide:
                self._spec.refused.ask_all()  # The reason is over.
            self._channel.pace.succeeded()
            self.subscribed |= dict.fromkeys(batch, time.monotonic())
        return True

    def _add_failed(self, error: ErrorBody, batch: Sequence[str]) -> None:
        """Decide what to do about refused books: wait, name fewer, or leave one out for some time."""
        action, pace = action_for(error.code), self._channel.pace
        named = [ticker for ticker in batch if ticker in error.market_tickers]
        if action is ErrorAction.MOVE and self.subscribed:
            self._allocator.limit(self._spec, len(self.subscribed))
        elif named or (action is ErrorAction.SPLIT and len(batch) == 1):
            for ticker in named or batch:
                self._refuse(ticker, text_of(error))
        elif action in (ErrorAction.SPLIT, ErrorAction.MOVE) and len(batch) > 1:
            pace.divide(len(batch))
        elif action is ErrorAction.GIVE_UP and self._channel.sid is None:
            # Nothing is subscribed yet, so nothing is lost if the connection is made again.
            raise ExchangeError(f"the exchange refused order books: {text_of(error)}")
        else:
            self._slow_down(pace, error, len(batch))
            if pace.should_divide and len(batch) == 1:
                self._refuse(batch[0], text_of(error))

    def _slow_down(self, pace: CommandPace, error: ErrorBody, markets: int) -> float:
        """Wait before the next command; after some failures let it name fewer markets."""
        action = action_for(error.code)
        if action is ErrorAction.SPLIT and markets > 1:
            pace.divide(markets)
            return 0.0
        is_slow = action is ErrorAction.GIVE_UP
        seconds = pace.failed(self._settings.refused_channel_seconds if is_slow else DELAY_SECONDS_MAX)
        if pace.should_divide:
            pace.divide(markets)
        asyncio.get_running_loop().call_later(seconds, self._announce)
        return seconds

    def _refuse(self, ticker: str, reason: str) -> None:
        self._spec.refused.refuse(ticker, reason, self._settings.refused_channel_seconds)

    async def _request_next(self) -> bool:
        sid = self._channel.sid
        if sid is None:
            return False
        limit = self._snapshots.markets_max(self._settings.snapshots_per_command_max)
        wanted = self.requests.take(self.subscribed, limit)
        if not wanted:
            return False
        self._recorder.counters.snapshots_requested.update(wanted.values())
        error = await self._send(update(sid, SNAPSHOT, tickers := list(wanted)), SNAPSHOT, tickers)
        if self._channel.sid != sid:
            return True  # A new subscription sends the snapshot of every book.
        if error is None:
            self._snapshots.succeeded()
        elif error.code == NO_ANSWER:
            self._without_snapshot(
                [each for each in tickers if each in self._commands.snapshots_missing], wanted, error
            )
        elif action_for(error.code) is ErrorAction.SPLIT and len(tickers) == 1:
            self._without_snapshot(tickers, wanted, error)
        else:
            self.requests.put_back(wanted, self._slow_down(self._snapshots, error, len(tickers)))
        return True

    def _without_snapshot(self, tickers: Sequence[str], reasons: dict[str, str], error: ErrorBody) -> None:
        """Subscribe books again whose snapshot does not come; one that was only to be audited stays as it is."""
        for ticker in tickers:
            if reasons[ticker] != AUDIT:
                self._refuse(ticker, NO_SNAPSHOT if error.code == NO_ANSWER else text_of(error))

    async def _send(self, command: Command, what: str, snapshots_of: Sequence[str] = ()) -> ErrorBody | None:
        error = await self._commands.send(command, snapshots_of)
        name = what if what == BOOK_CHANNEL else f"{BOOK_CHANNEL} {what}"
        if error is not None:
            self._reports.refused(name, error, action_for(error.code))
        elif what != BOOK_CHANNEL or not self._channel.ends_repeatedly:
            self._reports.accepted(name)
        self._unanswered = self._unanswered + 1 if error is not None and error.code == NO_ANSWER else 0
        if error is not None and self._unanswered >= UNANSWERED_MAX:
            raise ExchangeError(error.msg)
        return error
