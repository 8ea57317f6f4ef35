"""From records of the frame log to rows: the same for a frame that just arrived and for one that is read again."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import structlog

from kalshi_data.errors import BadFrame
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.recording.batch import Item, quarantine_item
from kalshi_data.gatherer.recording.coverage import ALL_MARKETS, Coverage
from kalshi_data.gatherer.recording.listener import Listener
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.decoding import event_time_ms
from kalshi_data.kalshi.feed import BOOK_CHANNEL
from kalshi_data.kalshi.messages import Acknowledgement, Envelope, Refusal
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import Arrival, Row, decode_envelope, to_row
from kalshi_data.kalshi.sequence import SequenceTracker
from kalshi_data.kalshi.timestamps import from_ns, text_from_ns

log = structlog.get_logger()

Body = TypeVar("Body", bound=msgspec.Struct)
CONTROL_TYPES = frozenset({"subscribed", "ok", "unsubscribed", "error"})
# Errors after which a subscription is dead although the connection lives: channel error, buffer overflow.
TERMINAL_ERRORS = frozenset({10, 25})
# Delays are looked at in one frame of so many.
DELAY_SAMPLE = 16


class FrameDecoder:
    """The records of one connection, in order, as rows."""

    def __init__(
        self,
        connection_id: int,
        put: Callable[[Item], None],
        counters: Counters,
        settings: WritingSettings,
        listener: Listener | None = None,
        *,
        whole: bool = True,
    ) -> None:
        """Hand rows to `put`. `whole` says that the connection's first record comes first."""
        self.connection_id = connection_id
        self._put = put
        self._counters = counters
        self._settings = settings
        self._listener = listener
        self._whole = whole
        self._sequence = SequenceTracker(from_start=whole)
        self._subscriptions: dict[int, Coverage] = {}
        self._clocks: dict[str, int] = {}
        self._deletions: dict[int, set[str]] = {}
        self._now = self._last_at = from_ns(0)
        self._arrival = Arrival(connection_id, self._now, Occurrences(), self._unknown_field)
        self._number = self._received_ns = 0
        self.frames_received = 0
        self._handlers = {
            Kind.FRAME: self._frame,
            Kind.OPENED: self._opened,
            Kind.SENT: self._sent,
            Kind.CLOSED: self._closed,
            Kind.REPAIRED: self._repaired,
        }

    def take(self, number: int, received_ns: int, kind: int, payload: bytes) -> None:
        """Take the connection's next record."""
        self._number, self._received_ns = number, received_ns
        self._last_at, self._now = self._now, from_ns(received_ns)
        if kind == Kind.FRAME:
            self._frame(payload)
        elif (handler := self._handlers.get(Kind(kind))) is not None:
            handler(payload)

    def hole(self) -> None:
        """Take note that records are missing from the log: what they covered is not known to be covered."""
        for coverage in self._subscriptions.values():
            coverage.end(self._now, "gap")
            if coverage.channel != BOOK_CHANNEL:
                coverage.begin(ALL_MARKETS, self._now)

    def markets_covered(self) -> int:
        """Return how many order books are covered."""
        return sum(len(each.covered) for each in self._subscriptions.values() if each.channel == BOOK_CHANNEL)

    def _opened(self, payload: bytes) -> None:
        opening = msgspec.json.decode(payload)
        self._state("connections_opened", (self.connection_id, opening["name"], opening["url"], self._now))

    def _sent(self, payload: bytes) -> None:
        command = msgspec.json.decode(payload)
        params = command.get("params", {})
        if params.get("action") == "delete_markets":
            self._deletions[command["id"]] = set(params["market_tickers"])

    def _closed(self, payload: bytes) -> None:
        reason = msgspec.json.decode(payload)["reason"]
        kind = "stopped" if reason == "stopped" else "closed"
        for coverage in self._subscriptions.values():
            coverage.end(self._last_at, kind)
        self._subscriptions.clear()
        self._state("connections_closed", (self.connection_id, self._now, reason, self.frames_received))

    def _repaired(self, payload: bytes) -> None:
        repair = msgspec.json.decode(payload)
        self._state("gaps_repaired", (repair["frame_number"], self._now, repair["repair"]))

    def _frame(self, frame: bytes) -> None:
        """Handle one frame; one that cannot be understood goes to quarantine and the connection goes on."""
        self.frames_received += 1
        try:
            envelope = decode_envelope(frame)
            self._counters.frames[envelope.type] += 1
            if envelope.seq is not None and envelope.sid is not None:
                self._check_sequence(envelope.sid, envelope.seq)
            if len(frame) > self._settings.frame_bytes_max:
                raise BadFrame("frame too long")
            if envelope.type in CONTROL_TYPES:
                self._control(envelope)
            else:
                self._data(envelope, frame)
        except BadFrame as reason:
            self._quarantine(frame, str(reason))

    def _check_sequence(self, sid: int, seq: int) -> None:
        gap = self._sequence.observe(sid, seq)
        if gap is None:
            return
        coverage = self._subscriptions.get(sid)
        channel = coverage.channel if coverage else ""
        self._counters.gaps[channel] += 1
        log.warning("sequence gap", connection_id=self.connection_id, channel=channel, **gap._asdict())
        if coverage is None:
            coverage = Coverage(self.connection_id, sid, channel, self._state)
        lost = coverage.gap(gap, self._number, self._last_at, self._now)
        if gap.is_repeat:
            raise BadFrame("repeated sequence number")
        if self._listener is not None:
            self._listener.gap(sid, channel, self._number, gap, lost, self._last_at)

    def _data(self, envelope: Envelope, frame: bytes) -> None:
        arrival = self._arrival
        arrival.received_at, arrival.received_text = self._now, text_from_ns(self._received_ns)
        stream, row = to_row(envelope, arrival)
        if envelope.sid not in self._subscriptions and self._whole:
            raise BadFrame("unknown sid")
        if self._number % DELAY_SAMPLE == 0:
            self._measure(envelope)
        self._put(Item(stream, (*row, self._number), frame, self._number, self.connection_id, self._now))
        if stream == "orderbook_deltas":
            self._follow_clock(row[6], row[7])
        elif stream == "orderbook_snapshots":
            self._snapshot(envelope, row)
        elif stream == "lifecycle_events" and self._listener is not None:
            self._listener.lifecycle(row[6], row[5], bytes(envelope.msg))

    def _measure(self, envelope: Envelope) -> None:
        """Note how long a message took from the exchange's queue, and from the matching engine."""
        now_ms = self._now.timestamp() * 1000
        if envelope.sending_ts_ms is not None:
            self._counters.feed_delays.observe((now_ms - envelope.sending_ts_ms) / 1000)
        event_ms = event_time_ms(envelope)
        if event_ms is not None:
            self._counters.event_delays.observe((now_ms - event_ms) / 1000)

    def _unknown_field(self, kind: str, name: str) -> None:
        if not self._counters.unknown_fields[kind, name]:
            log.info("unknown field, the row is stored without it", type=kind, field=name)
        self._counters.unknown_fields[kind, name] += 1

    def _follow_clock(self, ticker: str, clock: int) -> None:
        if clock < self._clocks.get(ticker, 0) and self._listener is not None:
            self._listener.clock_went_back(ticker)
        self._clocks[ticker] = clock

    def _snapshot(self, envelope: Envelope, row: Row) -> None:
        ticker, market_id, clock, *levels = row[5:12]
        self._clocks[ticker] = clock
        coverage = self._subscriptions.get(envelope.sid or 0)
        # The exchange answers for a market it does not know, too: with an empty book of no market.
        known = market_id != "" or any(each != "{}" for each in levels)
        if coverage is not None and known:
            coverage.snapshot(ticker, self._now)
        if self._listener is not None:
            self._listener.snapshot(envelope.id, ticker, known)

    def _control(self, envelope: Envelope) -> None:
        sid, channel = envelope.sid, None
        if envelope.type == "error":
            self._refused(envelope)
            return
        if envelope.type == "subscribed":
            sid, channel = self._subscribed(decode_body(envelope, Acknowledgement))
        elif envelope.type == "unsubscribed" and sid in self._subscriptions:
            self._subscriptions.pop(sid).end(self._now, "dropped")
        deleted = self._deletions.pop(envelope.id, None) if envelope.id is not None else None
        if deleted and sid in self._subscriptions:
            self._subscriptions[sid].drop(deleted, self._now)
        if self._listener is not None:
            self._listener.acknowledged(envelope.id, sid, channel)

    def _subscribed(self, acknowledgement: Acknowledgement) -> tuple[int, str]:
        sid, channel = acknowledgement.sid, acknowledgement.channel
        self._subscriptions[sid] = Coverage(self.connection_id, sid, channel, self._state)
        if channel != BOOK_CHANNEL:
            self._subscriptions[sid].begin(ALL_MARKETS, self._now)
        return sid, channel

    def _refused(self, envelope: Envelope) -> None:
        refusal = decode_body(envelope, Refusal)
        self._counters.exchange_errors[refusal.code] += 1
        if refusal.code in TERMINAL_ERRORS and envelope.sid in self._subscriptions:
            self._subscriptions.pop(envelope.sid).end(self._last_at, f"error {refusal.code}")
        if self._listener is not None:
            self._listener.refused(envelope.id, envelope.sid, refusal)

    def _quarantine(self, frame: bytes, reason: str) -> None:
        # Counted and logged by kind: what follows the colon may differ from frame to frame.
        kind = reason.partition(":")[0]
        if not self._counters.quarantined[kind]:
            log.warning("frame quarantined", reason=reason, connection_id=self.connection_id)
        self._counters.quarantined[kind] += 1
        limit = self._settings.quarantined_frame_bytes_max
        self._put(quarantine_item(frame, reason, self._number, self.connection_id, self._now, limit))

    def _state(self, stream: str, row: tuple[Any, ...]) -> None:
        self._put(Item(stream, row, b"", self._number, self.connection_id, self._now))


def decode_body(envelope: Envelope, kind: type[Body]) -> Body:
    """Decode the body of a control frame.

    Raises:
        BadFrame: it is not of that kind.
    """
    try:
        return msgspec.json.decode(envelope.msg, type=kind)
    except msgspec.DecodeError as error:
        raise BadFrame(f"bad {envelope.type}: {error}") from error
