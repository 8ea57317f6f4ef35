"""Records what connections receive: first in the frame log, then as rows for the database."""

import time
from collections.abc import Sequence

import msgspec

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import FRAME, Kind, LogRecord
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.recording.batch_writer import BatchWriter
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.events import Event, count
from kalshi_data.gatherer.recording.replay import STATE_FRAMES
from kalshi_data.gatherer.settings import WritingSettings


class ConnectionRecorder:
    """Records one open connection; every method is called on the event loop."""

    def __init__(self, recorder: "Recorder", name: str, url: str) -> None:
        """Record that the connection opened; the number of that record becomes its identifier."""
        self._recorder = recorder
        self._frame_log = recorder.frame_log
        self._append = recorder.frame_log.append
        self._writer = recorder.writer
        self._put = recorder.writer.put
        self.counters = recorder.counters
        self.connection_id = recorder.frame_log.next_number
        self._decoder = FrameDecoder(self.connection_id, recorder.settings)
        self._record(Kind.OPENED, msgspec.json.encode({"name": name, "url": url}))

    def frame(self, payload: bytes) -> Sequence[Event]:
        """Record a frame that has just arrived; return what it means beside its rows."""
        counters = self.counters
        received_ns = time.time_ns()
        number = self._append(FRAME, self.connection_id, received_ns, payload)
        counters.received_bytes += len(payload)
        counters.last_frame_at_seconds = received_ns / 1e9
        decoded = self._decoder.decode(LogRecord(number, received_ns, self.connection_id, FRAME, payload))
        if decoded.message_type:
            counters.frames[decoded.message_type] += 1
        for item in decoded.items:
            self._put(item)
        for event in decoded.events:
            count(event, counters, self.connection_id)
        if number >= self._recorder.state_due_at or self._recorder.segments_known < self._frame_log.segments_begun:
            self._recorder.record_states()
        return decoded.events

    def sent(self, command: bytes) -> None:
        """Record a command before it is sent."""
        self._record(Kind.SENT, command)

    def closed(self, reason: str) -> None:
        """Record the end of the connection."""
        self._recorder.connections.discard(self)
        self._record(Kind.CLOSED, msgspec.json.encode({"reason": reason}))

    def record_state(self) -> None:
        """Record what is known of the connection, so that the log can be read from here on."""
        self._append(Kind.STATE, self.connection_id, time.time_ns(), self._decoder.state())

    @property
    def frames_received(self) -> int:
        """How many frames arrived."""
        return self._decoder.frames_received

    @property
    def markets_covered(self) -> int:
        """How many order books are covered."""
        return self._decoder.subscriptions.markets_covered()

    @property
    def books_followed(self) -> int:
        """How many order books are compared with their snapshots."""
        return self._decoder.subscriptions.books_followed()

    def books_covered(self) -> set[str]:
        """Return the order books that are covered."""
        return self._decoder.subscriptions.books_covered()

    @property
    def is_full(self) -> bool:
        """Whether neither the database nor the frame log takes frames."""
        return self._writer.queue_full.is_set()

    def _record(self, kind: Kind, payload: bytes) -> None:
        received_ns = time.time_ns()
        number = self._append(kind, self.connection_id, received_ns, payload)
        for item in self._decoder.decode(LogRecord(number, received_ns, self.connection_id, kind, payload)).items:
            self._put(item)


class Recorder:
    """Records everything that one gatherer receives."""

    def __init__(
        self,
        frame_log: FrameLogWriter,
        writer: BatchWriter,
        counters: Counters,
        settings: WritingSettings,
        state_frames: int = STATE_FRAMES,
    ) -> None:
        """Append records to `frame_log` and hand rows to `writer`."""
        self.frame_log = frame_log
        self.writer = writer
        self.counters = counters
        self.settings = settings
        self.connections: set[ConnectionRecorder] = set()
        self._state_frames = state_frames
        self.state_due_at = frame_log.next_number + state_frames
        # The first segment of a run holds its connections from their opening on.
        self.segments_known = max(1, frame_log.segments_begun)
        # Repairs belong to no connection.
        self._repairs = FrameDecoder(0, settings, whole=False)

    def open(self, name: str, url: str) -> ConnectionRecorder:
        """Record a new connection."""
        connection = ConnectionRecorder(self, name, url)
        self.connections.add(connection)
        return connection

    def record_states(self) -> None:
        """Record the state of every open connection; each segment has it, since earlier ones may be removed."""
        self.segments_known = self.frame_log.segments_begun
        for connection in self.connections:
            connection.record_state()
        self.state_due_at = self.frame_log.next_number + self._state_frames

    def repaired(self, frame_number: int, repair: str) -> None:
        """Record that what a gap lost was fetched."""
        payload, received_ns = msgspec.json.encode({"frame_number": frame_number, "repair": repair}), time.time_ns()
        number = self.frame_log.append(Kind.REPAIRED, 0, received_ns, payload)
        for item in self._repairs.decode(LogRecord(number, received_ns, 0, Kind.REPAIRED, payload)).items:
            self.writer.put(item)
