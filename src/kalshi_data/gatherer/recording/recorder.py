"""Where everything received goes: first into the frame log, then into rows."""

import time

import msgspec

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.recording.batch_writer import BatchWriter
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.listener import Listener
from kalshi_data.gatherer.settings import WritingSettings


class ConnectionRecorder:
    """The recorder of one open connection; everything is called on the event loop."""

    def __init__(self, recorder: "Recorder", name: str, url: str, listener: Listener) -> None:
        """Record that the connection opened; it is known by the number of that record."""
        self._append = recorder.frame_log.append
        self._counters = recorder.counters
        self.connection_id = recorder.frame_log.next_number
        self._decoder = FrameDecoder(
            self.connection_id, recorder.writer.put, recorder.counters, recorder.settings, listener
        )
        self._note(Kind.OPENED, {"name": name, "url": url})

    def frame(self, payload: bytes) -> None:
        """Take a frame that just arrived."""
        received_ns = time.time_ns()
        number = self._append(Kind.FRAME, self.connection_id, received_ns, payload)
        self._counters.received_bytes += len(payload)
        self._counters.last_frame_at_seconds = received_ns / 1e9
        self._decoder.take(number, received_ns, Kind.FRAME, payload)

    def sent(self, command: bytes) -> None:
        """Take note of a command on its way out."""
        self._take(Kind.SENT, command)

    def closed(self, reason: str) -> None:
        """Record the end of the connection."""
        self._note(Kind.CLOSED, {"reason": reason})

    @property
    def frames_received(self) -> int:
        """How many frames arrived."""
        return self._decoder.frames_received

    @property
    def markets_covered(self) -> int:
        """How many order books are covered."""
        return self._decoder.markets_covered()

    def _note(self, kind: Kind, what: dict[str, str]) -> None:
        self._take(kind, msgspec.json.encode(what))

    def _take(self, kind: Kind, payload: bytes) -> None:
        received_ns = time.time_ns()
        number = self._append(kind, self.connection_id, received_ns, payload)
        self._decoder.take(number, received_ns, kind, payload)


class Recorder:
    """The recorder of one gatherer."""

    def __init__(
        self, frame_log: FrameLogWriter, writer: BatchWriter, counters: Counters, settings: WritingSettings
    ) -> None:
        """Log to `frame_log`, hand rows to `writer`."""
        self.frame_log = frame_log
        self.writer = writer
        self.counters = counters
        self.settings = settings
        # Repairs belong to no connection.
        self._apart = FrameDecoder(0, writer.put, counters, settings, whole=False)

    def open(self, name: str, url: str, listener: Listener) -> ConnectionRecorder:
        """Record a new connection."""
        return ConnectionRecorder(self, name, url, listener)

    def repaired(self, frame_number: int, repair: str) -> None:
        """Take note that what a gap lost was fetched."""
        payload, received_ns = msgspec.json.encode({"frame_number": frame_number, "repair": repair}), time.time_ns()
        number = self.frame_log.append(Kind.REPAIRED, 0, received_ns, payload)
        self._apart.take(number, received_ns, Kind.REPAIRED, payload)
