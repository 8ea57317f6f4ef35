"""The subscriptions of one connection: what each covers, and when the exchange ends one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.gatherer.recording.control_bodies import decode_acknowledgement, ended_sid
from kalshi_data.gatherer.recording.coverage import ALL_MARKETS, Coverage, CoverageState, StateRow
from kalshi_data.gatherer.recording.events import Acknowledged, ErrorReceived, Unsubscribed
from kalshi_data.kalshi.decoding import subject_of
from kalshi_data.kalshi.error_messages import decode_error
from kalshi_data.kalshi.feed import BOOK_CHANNEL, INDEX_CHANNEL, TRADE_CHANNEL
from kalshi_data.kalshi.messages import Envelope

CONTROL_TYPES = frozenset({"subscribed", "ok", "unsubscribed", "error"})
# The channels of the messages that hold data.
CHANNELS = {
    "trade": TRADE_CHANNEL,
    "ticker": "ticker",
    "orderbook_snapshot": BOOK_CHANNEL,
    "orderbook_delta": BOOK_CHANNEL,
    "market_lifecycle_v2": "market_lifecycle_v2",
    "event_lifecycle": "market_lifecycle_v2",
    "event_fee_update": "market_lifecycle_v2",
    "multivariate_market_lifecycle": "multivariate_market_lifecycle",
    "cfbenchmarks_value": INDEX_CHANNEL,
}
# The exchange makes one subscription per channel; more than this many at once are an error of the exchange.
SUBSCRIPTIONS_MAX = 100
# As many ended subscriptions, and commands without an answer, are remembered.
ENDED_MAX = COMMANDS_MAX = 1_000
# The code of an answer to a command whose subscription the exchange does not have. Source: Kalshi AsyncAPI.
UNKNOWN_SID = 7

ControlEvent = Acknowledged | ErrorReceived | Unsubscribed


class SentCommand(NamedTuple):
    """What is remembered of a command until it is answered: the subscription and the markets it deletes."""

    sid: int | None
    deleted: frozenset[str]


class SubscriptionsState(msgspec.Struct, frozen=True):
    """What is known of the subscriptions of a connection, for the frame log."""

    open: list[CoverageState]
    ended: list[int]
    commands: dict[int, SentCommand]
    command_last: int


class Subscriptions:
    """Follows commands and control frames of one connection; methods return the rows of coverage they lead to."""

    def __init__(self, connection_id: int, *, whole: bool) -> None:
        """Start without subscriptions; `whole` is false if the first records of the connection are missing."""
        self._connection_id = connection_id
        self._whole = whole
        self._is_lost = False
        self._open: dict[int, Coverage] = {}
        self._ended: dict[int, None] = {}
        self._commands: dict[int, SentCommand] = {}
        self._command_last = 0

    def get(self, sid: int | None) -> Coverage | None:
        """Return what a subscription covers, None if there is no such subscription."""
        return self._open.get(sid) if sid is not None else None

    def is_known(self, sid: int | None) -> bool:
        """Whether frames with this sid are expected; those of a subscription that ended may still be on their way."""
        return sid in self._open or sid in self._ended or not self._whole

    @property
    def is_whole(self) -> bool:
        """Whether all subscriptions are known."""
        return self._whole

    def adopt(self, envelope: Envelope, at: datetime) -> Coverage | None:
        """Follow a subscription of which a first message shows the channel, if earlier records are missing."""
        channel = CHANNELS.get(envelope.type)
        if self._whole or channel is None or envelope.sid is None or len(self._open) >= SUBSCRIPTIONS_MAX:
            return None
        self._open[envelope.sid] = coverage = Coverage(self._connection_id, envelope.sid, channel, at)
        coverage.resumes = channel != BOOK_CHANNEL
        return coverage

    def lose(self, at: datetime) -> None:
        """End without rows what seemed covered: what is covered then has to be proven by later frames."""
        self._is_lost = True
        self.skip(at)

    def markets_covered(self) -> int:
        """Return how many order books are covered."""
        return sum(len(each.covered) for each in self._open.values() if each.channel == BOOK_CHANNEL)

    def books_followed(self) -> int:
        """Return how many order books are compared with their snapshots."""
        return sum(len(each.books) for each in self._open.values())

    def distrust(self, frame: bytes) -> None:
        """Forget the books that a frame may have changed which could not be decoded."""
        sid, ticker = subject_of(frame)
        coverage = self.get(sid)
        if coverage is not None:
            coverage.books.distrust(ticker)

    def books_covered(self) -> set[str]:
        """Return the order books that are covered."""
        return set[str]().union(*(each.covered for each in self._open.values() if each.channel == BOOK_CHANNEL))

    def sent(self, command: dict[str, Any]) -> None:
        """Remember a command until it is answered."""
        params = command.get("params", {})
        deleted = params["market_tickers"] if params.get("action") == "delete_markets" else ()
        if deleted and (coverage := self.get(params.get("sid"))) is not None:
            # From which frame on their changes stop is not known before the answer.
            coverage.books.forget(deleted)
        self._command_last = max(self._command_last, command["id"])
        self._commands[command["id"]] = SentCommand(params.get("sid"), frozenset(deleted))
        _forget_oldest(self._commands, COMMANDS_MAX)

    def control(self, envelope: Envelope, now: datetime) -> tuple[list[StateRow], ControlEvent]:
        """Follow a control frame.

        Raises:
            BadFrame: its body does not say what it should.
        """
        if envelope.type == "error":
            return self._error(envelope)
        if envelope.type == "unsubscribed":
            return self._unsubscribed(envelope, now)
        if envelope.type == "subscribed":
            return self._subscribed(envelope, now)
        sent = self._answered(envelope.id)
        coverage = self.get(envelope.sid)
        rows = coverage.drop(set(sent.deleted), now) if sent and sent.deleted and coverage else []
        return rows, Acknowledged(envelope.id, envelope.sid, None)

    def skip(self, at: datetime) -> list[StateRow]:
        """End at `at` what was covered, since records are missing in the log."""
        return [row for coverage in self._open.values() for row in coverage.skip(at)]

    def close(self, at: datetime, reason: str) -> list[StateRow]:
        """End everything with the connection."""
        rows = [row for coverage in self._open.values() for row in coverage.end(at, reason)]
        self._open.clear()
        return rows

    def state(self) -> SubscriptionsState:
        """Return what is known of all subscriptions."""
        coverages = [coverage.state() for coverage in self._open.values()]
        return SubscriptionsState(coverages, list(self._ended), self._commands, self._command_last)

    def restore(self, state: SubscriptionsState) -> None:
        """Continue with what was known of the subscriptions, if the first records of the connection are missing.

        After a hole in the log, only what changed in the hole is taken over: nothing is covered again before a frame
        that proves it.
        """
        before, self._open = self._open, {}
        for each in state.open:
            coverage = before.get(each.sid)
            if coverage is None:
                coverage = Coverage(self._connection_id, each.sid, each.channel, each.last_at)
                coverage.resumes = each.channel != BOOK_CHANNEL
            if not self._whole and not self._is_lost:
                coverage.restore(each)
            if not self._whole:
                # What the frames before this record showed of it may be incomplete.
                coverage.books.restore(each.last_changes)
            self._open[each.sid] = coverage
        self._ended = dict.fromkeys(state.ended)
        self._commands, self._command_last = dict(state.commands), state.command_last
        self._whole = True

    def _subscribed(self, envelope: Envelope, now: datetime) -> tuple[list[StateRow], Acknowledged]:
        self._answered(envelope.id)
        acknowledgement = decode_acknowledgement(envelope)
        sid, channel = acknowledgement.sid, acknowledgement.channel
        # A channel has one subscription, so a new one replaces the one before.
        replaced = [number for number, each in self._open.items() if number == sid or each.channel == channel]
        rows = self._end(replaced, "replaced")
        if len(self._open) >= SUBSCRIPTIONS_MAX:
            raise BadFrame("too many subscriptions")
        self._ended.pop(sid, None)
        self._open[sid] = coverage = Coverage(self._connection_id, sid, channel, now)
        if channel != BOOK_CHANNEL:
            rows += coverage.begin(ALL_MARKETS, now)
        return rows, Acknowledged(envelope.id, sid, channel)

    def _unsubscribed(self, envelope: Envelope, now: datetime) -> tuple[list[StateRow], Unsubscribed]:
        was_sent = self._answered(envelope.id) is not None
        sid = envelope.sid if envelope.sid is not None else ended_sid(envelope)
        coverage = self.get(sid)
        if sid is None or coverage is None:
            return [], Unsubscribed(envelope.id, sid)
        if was_sent:
            coverage.last_at = now
        return self._end([sid], "dropped" if was_sent else "unsubscribed"), Unsubscribed(envelope.id, sid)

    def _error(self, envelope: Envelope) -> tuple[list[StateRow], ErrorReceived]:
        error, command, sid = decode_error(bytes(envelope.msg)), envelope.id, envelope.sid
        sent = self._answered(command)
        if error.code == UNKNOWN_SID and sid is None and sent is not None:
            sid = sent.sid
        # A number that was never sent, or 0, answers no command.
        if sent is None and self._whole and not 0 < (command or 0) <= self._command_last:
            command = None
        event = ErrorReceived(command, sid, error)
        return self._end([number for number in self._open if event.ends(number)], f"error {error.code}"), event

    def _answered(self, number: int | None) -> SentCommand | None:
        return self._commands.pop(number, None) if number is not None else None

    def _end(self, sids: Sequence[int], reason: str) -> list[StateRow]:
        """End subscriptions at the last frame of each, since what came after it may be missing."""
        rows: list[StateRow] = []
        for sid in sids:
            coverage = self._open.pop(sid)
            rows += coverage.end(coverage.last_at, reason)
            self._ended[sid] = None
        _forget_oldest(self._ended, ENDED_MAX)
        return rows


def _forget_oldest(entries: dict[int, Any], entries_max: int) -> None:
    while len(entries) > entries_max:
        del entries[next(iter(entries))]
