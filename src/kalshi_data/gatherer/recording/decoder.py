"""Decodes records of the frame log to rows and events, live frames and replayed ones alike."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.gatherer.frame_log.format import FRAME, Kind, LogRecord
from kalshi_data.gatherer.recording.batch import Item, quarantine_item
from kalshi_data.gatherer.recording.coverage import Coverage, StateRow
from kalshi_data.gatherer.recording.events import (
    Acknowledged,
    BookNotFollowed,
    ClockWentBack,
    Event,
    FrameQuarantined,
    GapFound,
    LifecycleChanged,
    OddFieldFound,
    SnapshotReceived,
    measure_delays,
)
from kalshi_data.gatherer.recording.log_bodies import Closing, ConnectionState, Opening, Repair, read_log_body
from kalshi_data.gatherer.recording.subscriptions import CONTROL_TYPES, Subscriptions
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.decoding import decode_envelope, has_empty_market_id
from kalshi_data.kalshi.error_messages import clean
from kalshi_data.kalshi.messages import Envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import DATA_TYPES, Row, to_row
from kalshi_data.kalshi.sequence import BookClocks, SequenceGap, SequenceTracker
from kalshi_data.kalshi.timestamps import with_text_from_ns

# A frame of these types may end its subscription, and that ends at the frame before it.
ENDING_TYPES = frozenset({"error", "unsubscribed"})
KNOWN_TYPES = DATA_TYPES | CONTROL_TYPES
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
        self.subscriptions = Subscriptions(connection_id, whole=whole)
        self._clocks = BookClocks()
        self._now, self._now_text = with_text_from_ns(0)
        # When the connection last received a frame; what was sent since then is no sign that anything arrives.
        self.last_at: datetime | None = None
        self._arrival = Arrival(connection_id, self._now, Occurrences())
        self._record = LogRecord(0, 0, connection_id, Kind.OPENED, b"")
        self._decoded = Decoded([], [])
        self.frames_received = 0
        self._handlers = {
            Kind.OPENED: self._opened,
            Kind.SENT: self._sent,
            Kind.CLOSED: self._closed,
            Kind.REPAIRED: self._repaired,
            Kind.STATE: self._restore,
        }

    def decode(self, record: LogRecord) -> Decoded:
        """Decode the connection's next record; one that cannot be decoded becomes a row in quarantine."""
        self._record = record
        self._decoded = decoded = Decoded([], [])
        try:
            self._now, self._now_text = with_text_from_ns(record.received_ns)
            if record.kind == FRAME:
                self.frames_received += 1
                self._frame(record.payload, decoded)
            else:
                self._dispatch(record.kind, record.payload)
        except BadFrame as reason:
            self._quarantine(record.payload, str(reason))
        except MemoryError:
            raise
        except Exception as error:
            # What the exchange sends must not end the stream, whatever it reveals in this program. The frame log would
            # present the record again at each start.
            self._quarantine(record.payload, f"cannot be decoded: {type(error).__name__}: {error}")
        if record.kind == FRAME:
            self.last_at = self._now
        return decoded

    def state(self) -> bytes:
        """Return what is known of the connection, as the payload of a record from which another decoder continues."""
        state = ConnectionState(
            self.frames_received, self.last_at, self._sequence.expected(), self.subscriptions.state()
        )
        return msgspec.json.encode(state)

    def skip(self) -> list[Item]:
        """Return the rows for a hole in the log: what was covered before the hole ends there."""
        self._decoded = Decoded([], [])
        self._sequence.doubt()
        self._add_states(self.subscriptions.skip(self._now))
        return self._decoded.items

    def lose(self) -> None:
        """Continue as a connection of which nothing is covered, until later frames prove it."""
        self.subscriptions.lose(self._now)

    def _dispatch(self, kind: int, payload: bytes) -> None:
        """Decode a record of what the gatherer itself did; an earlier version may have written it."""
        handler = self._handlers.get(Kind(kind))
        if handler is not None:
            handler(payload)

    def _opened(self, payload: bytes) -> None:
        self.last_at = self._now
        opening = Opening()
        try:
            opening = read_log_body(payload, Opening)
        finally:
            # Coverage belongs to a connection, so that has a row in any case.
            row = (self.connection_id, clean(opening.name), clean(opening.url), self._now)
            self._add_state("connections_opened", row)

    def _sent(self, payload: bytes) -> None:
        self.subscriptions.sent(msgspec.json.decode(payload))

    def _closed(self, payload: bytes) -> None:
        reason = ""
        try:
            reason = clean(read_log_body(payload, Closing).reason)
        finally:
            # A connection whose end cannot be read has ended all the same.
            kind = "stopped" if reason == "stopped" else "closed"
            self._add_states(self.subscriptions.close(self.last_at or self._now, kind))
            self._add_state("connections_closed", (self.connection_id, self._now, reason, self.frames_received))

    def _repaired(self, payload: bytes) -> None:
        repair = read_log_body(payload, Repair)
        self._add_state("gaps_repaired", (repair.frame_number, self._now, clean(repair.repair)))

    def _restore(self, payload: bytes) -> None:
        state = read_log_body(payload, ConnectionState)
        self.frames_received, self.last_at = state.frames_received, self.last_at or state.last_at
        self._sequence.restore(state.expected)
        self.subscriptions.restore(state.subscriptions)

    def _frame(self, frame: bytes, decoded: Decoded) -> None:
        """Decode a frame.

        Raises:
            BadFrame: it cannot be read; rows and events found before the error are kept.
        """
        envelope = decode_envelope(frame)
        decoded.message_type = envelope.type if envelope.type in KNOWN_TYPES else clean(envelope.type)
        sid, seq = envelope.sid, envelope.seq
        coverage = self.subscriptions.get(sid) or self.subscriptions.adopt(envelope, self.last_at or self._now)
        if seq is not None and sid is not None and (gap := self._sequence.observe(sid, seq)) is not None:
            self._gap(gap, coverage)
        if coverage is not None and envelope.type not in ENDING_TYPES and (begun := coverage.received(self._now)):
            self._add_states(begun)
        if len(frame) > self._settings.frame_bytes_max:
            raise BadFrame("frame too long")
        if envelope.type in CONTROL_TYPES:
            self._control(envelope)
            return
        arrival, record, now = self._arrival, self._record, self._now
        arrival.received_at, arrival.received_text = now, self._now_text
        arrival.last_changes = coverage.books.last_changes if coverage is not None else {}
        try:
            stream, row = to_row(envelope, arrival)
        finally:
            if arrival.odd_fields:
                decoded.events.extend(map(OddFieldFound, arrival.odd_fields))
                arrival.odd_fields.clear()
        if coverage is None and not self.subscriptions.is_known(sid):
            raise BadFrame("unknown sid")
        number = record.number
        decoded.items.append(Item(stream, (*row, number), frame, number, self.connection_id, now))
        if number % DELAY_SAMPLE == 0:
            decoded.events.append(measure_delays(envelope, now))
        if stream == "orderbook_deltas":
            self._delta(coverage, row)
        elif stream == "orderbook_snapshots":
            self._snapshot(envelope, row)
        elif stream == "lifecycle_events":
            decoded.events.append(LifecycleChanged(row[6], row[5], bytes(envelope.msg)))

    def _gap(self, gap: SequenceGap, coverage: Coverage | None) -> None:
        number = self._record.number
        if coverage is None:
            coverage = Coverage(self.connection_id, gap.sid, "", self.last_at or self._now)
        rows, lost = coverage.gap(gap, number, self._now)
        self._add_states(rows)
        self._decoded.events.append(GapFound(gap.sid, coverage.channel, number, gap, lost, coverage.last_at))
        if gap.is_repeat:
            raise BadFrame("repeated sequence number")

    def _delta(self, coverage: Coverage | None, row: Row) -> None:
        ticker = row[6]
        if self._clocks.observe(ticker, row[7]):
            self._decoded.events.append(ClockWentBack(ticker))
        if coverage is not None and not coverage.books.change(row, ticker):
            self._decoded.events.append(BookNotFollowed(ticker))

    def _snapshot(self, envelope: Envelope, row: Row) -> None:
        ticker, market_id, clock, *levels = row[5:12]
        self._clocks.observe(ticker, clock)
        coverage = self.subscriptions.get(envelope.sid)
        # For a market that it does not know, the exchange sends an empty book with an empty market_id (seen in 2026).
        is_known = market_id != "" or any(each != "{}" for each in levels) or not has_empty_market_id(envelope)
        if coverage is not None and is_known:
            self._add_states(coverage.snapshot(ticker, self._now))
        self._decoded.events.append(SnapshotReceived(envelope.id, ticker, is_known))
        if coverage is not None:
            rows, events = coverage.compare(row, self._record.number, self._now, is_known=is_known)
            self._add_states(rows)
            self._decoded.events.extend(events)

    def _control(self, envelope: Envelope) -> None:
        rows, event = self.subscriptions.control(envelope, self._now)
        if isinstance(event, Acknowledged) and event.channel is not None and event.sid is not None:
            self._sequence.restart(event.sid)
        self._add_states(rows)
        self._decoded.events.append(event)

    def _quarantine(self, frame: bytes, reason: str) -> None:
        reason = clean(reason)
        place = (self._record.number, self.connection_id, self._now)
        if self._record.kind == FRAME:
            self.subscriptions.distrust(frame)
        self._decoded.items.append(quarantine_item(frame, reason, *place, self._settings.quarantined_frame_bytes_max))
        self._decoded.events.append(FrameQuarantined(reason))

    def _add_states(self, rows: Iterable[StateRow]) -> None:
        for row in rows:
            self._add_state(*row)

    def _add_state(self, stream: str, row: tuple[Any, ...]) -> None:
        self._decoded.items.append(Item(stream, row, b"", self._record.number, self.connection_id, self._now))
