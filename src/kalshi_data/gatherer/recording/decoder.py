"""Decodes records of the frame log to rows and events, live frames and replayed ones alike."""

from collections.abc import Iterable
from itertools import starmap
from typing import Any, TypeVar

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.gatherer.frame_log.format import FRAME, Kind, LogRecord
from kalshi_data.gatherer.recording.batch import Item, quarantine_item
from kalshi_data.gatherer.recording.coverage import ALL_MARKETS, Coverage, StateRow
from kalshi_data.gatherer.recording.events import (
    Acknowledged,
    ClockWentBack,
    DelaysMeasured,
    ErrorReceived,
    Event,
    FrameQuarantined,
    GapFound,
    LifecycleChanged,
    SnapshotReceived,
    UnknownFieldFound,
)
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.decoding import event_time_ms
from kalshi_data.kalshi.feed import BOOK_CHANNEL
from kalshi_data.kalshi.messages import Acknowledgement, Envelope, ErrorBody
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import Arrival, Row, decode_envelope, to_row
from kalshi_data.kalshi.sequence import SequenceGap, SequenceTracker
from kalshi_data.kalshi.timestamps import from_ns, text_from_ns

Body = TypeVar("Body", bound=msgspec.Struct)
CONTROL_TYPES = frozenset({"subscribed", "ok", "unsubscribed", "error"})
# Errors that end a subscription although the connection lives. Source: Kalshi AsyncAPI, channel error, buffer overflow.
TERMINAL_ERRORS = frozenset({10, 25})
# Delays are measured in one of this many records.
DELAY_SAMPLE = 16


class Decoded(msgspec.Struct, gc=False):
    """The rows of one record, in the order in which they are written, and its events; both are often empty."""

    items: list[Item]
    events: list[Event]
    message_type: str = ""


class FrameDecoder:
    """Decodes the records of one connection in order; keeps the state of that connection and changes nothing else."""

    def __init__(self, connection_id: int, settings: WritingSettings, *, whole: bool = True) -> None:
        """Start before the first record; `whole` is false if the first records of the connection are missing."""
        self.connection_id = connection_id
        self._settings = settings  # A reload changes its limits while the connection is open.
        self._whole = whole
        self._sequence = SequenceTracker(from_start=whole)
        self._subscriptions: dict[int, Coverage] = {}
        self._clocks: dict[str, int] = {}
        self._deletions: dict[int, set[str]] = {}
        self._now = self._last_at = from_ns(0)
        self._arrival = Arrival(connection_id, self._now, Occurrences())
        self._record = LogRecord(0, 0, connection_id, Kind.OPENED, b"")
        self._decoded = Decoded([], [])
        self.frames_received = 0
        self._handlers = {
            Kind.OPENED: self._opened,
            Kind.SENT: self._sent,
            Kind.CLOSED: self._closed,
            Kind.REPAIRED: self._repaired,
        }

    def decode(self, record: LogRecord) -> Decoded:
        """Decode the connection's next record."""
        self._record = record
        self._decoded = decoded = Decoded([], [])
        self._last_at, self._now = self._now, from_ns(record.received_ns)
        if record.kind != FRAME:
            self._dispatch(Kind(record.kind), record.payload)
            return decoded
        self.frames_received += 1
        try:
            self._frame(record.payload, decoded)
        except BadFrame as reason:
            self._quarantine(record.payload, str(reason))
        return decoded

    def skip(self) -> list[Item]:
        """Return the rows for a hole in the log: what was covered before the hole ends there."""
        self._decoded = Decoded([], [])
        for coverage in self._subscriptions.values():
            self._add_states(coverage.restart(self._now, self._now))
        return self._decoded.items

    def markets_covered(self) -> int:
        """Return how many order books are covered."""
        return sum(len(each.covered) for each in self._subscriptions.values() if each.channel == BOOK_CHANNEL)

    def _dispatch(self, kind: Kind, payload: bytes) -> None:
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(payload)

    def _opened(self, payload: bytes) -> None:
        opening = msgspec.json.decode(payload)
        self._add_state("connections_opened", (self.connection_id, opening["name"], opening["url"], self._now))

    def _sent(self, payload: bytes) -> None:
        command = msgspec.json.decode(payload)
        params = command.get("params", {})
        if params.get("action") == "delete_markets":
            self._deletions[command["id"]] = set(params["market_tickers"])

    def _closed(self, payload: bytes) -> None:
        reason = msgspec.json.decode(payload)["reason"]
        kind = "stopped" if reason == "stopped" else "closed"
        for coverage in self._subscriptions.values():
            self._add_states(coverage.end(self._last_at, kind))
        self._subscriptions.clear()
        self._add_state("connections_closed", (self.connection_id, self._now, reason, self.frames_received))

    def _repaired(self, payload: bytes) -> None:
        repair = msgspec.json.decode(payload)
        self._add_state("gaps_repaired", (repair["frame_number"], self._now, repair["repair"]))

    def _frame(self, frame: bytes, decoded: Decoded) -> None:
        """Decode a frame.

        Raises:
            BadFrame: it cannot be read; rows and events found before the error are kept.
        """
        envelope = decode_envelope(frame)
        decoded.message_type = envelope.type
        sid, seq = envelope.sid, envelope.seq
        if seq is not None and sid is not None and (gap := self._sequence.observe(sid, seq)) is not None:
            self._gap(gap)
        if len(frame) > self._settings.frame_bytes_max:
            raise BadFrame("frame too long")
        if envelope.type in CONTROL_TYPES:
            self._control(envelope)
            return
        arrival, record, now = self._arrival, self._record, self._now
        arrival.received_at, arrival.received_text = now, text_from_ns(record.received_ns)
        try:
            stream, row = to_row(envelope, arrival)
        finally:
            if arrival.unknown_fields:
                decoded.events.extend(starmap(UnknownFieldFound, arrival.unknown_fields))
                arrival.unknown_fields.clear()
        if sid not in self._subscriptions and self._whole:
            raise BadFrame("unknown sid")
        number = record.number
        decoded.items.append(Item(stream, (*row, number), frame, number, self.connection_id, now))
        if number % DELAY_SAMPLE == 0:
            self._measure_delays(envelope)
        if stream == "orderbook_deltas":
            ticker, clock = row[6], row[7]
            if clock < self._clocks.get(ticker, 0):
                decoded.events.append(ClockWentBack(ticker))
            self._clocks[ticker] = clock
        elif stream == "orderbook_snapshots":
            self._snapshot(envelope, row)
        elif stream == "lifecycle_events":
            decoded.events.append(LifecycleChanged(row[6], row[5], bytes(envelope.msg)))

    def _gap(self, gap: SequenceGap) -> None:
        number = self._record.number
        coverage = self._subscriptions.get(gap.sid) or Coverage(self.connection_id, gap.sid, "")
        rows, lost = coverage.gap(gap, number, self._last_at, self._now)
        self._add_states(rows)
        self._decoded.events.append(GapFound(gap.sid, coverage.channel, number, gap, lost, self._last_at))
        if gap.is_repeat:
            raise BadFrame("repeated sequence number")

    def _measure_delays(self, envelope: Envelope) -> None:
        delays = (self._seconds_since(ms) for ms in (envelope.sending_ts_ms, event_time_ms(envelope)))
        self._decoded.events.append(DelaysMeasured(*delays))

    def _seconds_since(self, time_ms: int | None) -> float | None:
        return None if time_ms is None else (self._now.timestamp() * 1000 - time_ms) / 1000

    def _snapshot(self, envelope: Envelope, row: Row) -> None:
        ticker, market_id, clock, *levels = row[5:12]
        self._clocks[ticker] = clock
        coverage = self._subscriptions.get(envelope.sid or 0)
        # For a market that it does not know, the exchange sends an empty book with an empty market_id (seen in 2026).
        is_known = market_id != "" or any(each != "{}" for each in levels)
        if coverage is not None and is_known:
            self._add_states(coverage.snapshot(ticker, self._now))
        self._decoded.events.append(SnapshotReceived(envelope.id, ticker, is_known))

    def _control(self, envelope: Envelope) -> None:
        sid, channel = envelope.sid, None
        if envelope.type == "error":
            self._error(envelope)
            return
        if envelope.type == "subscribed":
            sid, channel = self._subscribed(decode_body(envelope, Acknowledgement))
        elif envelope.type == "unsubscribed" and sid in self._subscriptions:
            self._add_states(self._subscriptions.pop(sid).end(self._now, "dropped"))
        deleted = self._deletions.pop(envelope.id, None) if envelope.id is not None else None
        if deleted and sid in self._subscriptions:
            self._add_states(self._subscriptions[sid].drop(deleted, self._now))
        self._decoded.events.append(Acknowledged(envelope.id, sid, channel))

    def _subscribed(self, acknowledgement: Acknowledgement) -> tuple[int, str]:
        sid, channel = acknowledgement.sid, acknowledgement.channel
        self._subscriptions[sid] = coverage = Coverage(self.connection_id, sid, channel)
        if channel != BOOK_CHANNEL:
            self._add_states(coverage.begin(ALL_MARKETS, self._now))
        return sid, channel

    def _error(self, envelope: Envelope) -> None:
        error = decode_body(envelope, ErrorBody)
        if error.code in TERMINAL_ERRORS and envelope.sid in self._subscriptions:
            ended = self._subscriptions.pop(envelope.sid).end(self._last_at, f"error {error.code}")
            self._add_states(ended)
        self._decoded.events.append(ErrorReceived(envelope.id, envelope.sid, error))

    def _quarantine(self, frame: bytes, reason: str) -> None:
        place = (self._record.number, self.connection_id, self._now)
        self._decoded.items.append(quarantine_item(frame, reason, *place, self._settings.quarantined_frame_bytes_max))
        self._decoded.events.append(FrameQuarantined(reason))

    def _add_states(self, rows: Iterable[StateRow]) -> None:
        for row in rows:
            self._add_state(*row)

    def _add_state(self, stream: str, row: tuple[Any, ...]) -> None:
        self._decoded.items.append(Item(stream, row, b"", self._record.number, self.connection_id, self._now))


def decode_body(envelope: Envelope, kind: type[Body]) -> Body:
    """Decode the body of a control frame.

    Raises:
        BadFrame: the body is not of that kind.
    """
    try:
        return msgspec.json.decode(envelope.msg, type=kind)
    except msgspec.DecodeError as error:
        raise BadFrame(f"bad {envelope.type}: {error}") from error
