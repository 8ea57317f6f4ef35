"""Where everything received goes: first into the frame log, then into rows."""

import time

import msgspec

from kalshi_data.gatherer.counters import Figures
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.frame_log.writer import FrameLog
from kalshi_data.gatherer.recording.batch_writer import Writer
from kalshi_data.gatherer.recording.decoder import Derivation
from kalshi_data.gatherer.recording.listener import Listener
from kalshi_data.gatherer.settings import Writing


class Line:
    """The intake of one open connection; everything is called on the event loop."""

    def __init__(self, intake: "Intake", name: str, url: str, listener: Listener) -> None:
        """Record that the connection opened; it is known by the number of that record."""
        self._append = intake.frame_log.append
        self._figures = intake.figures
        self.connection_id = intake.frame_log.next_number
        self._derivation = Derivation(self.connection_id, intake.writer.put, intake.figures, intake.settings, listener)
        self._note(Kind.OPENED, {"name": name, "url": url})

    def frame(self, payload: bytes) -> None:
        """Take a frame that just arrived."""
        received_ns = time.time_ns()
        number = self._append(Kind.FRAME, self.connection_id, received_ns, payload)
        self._figures.received_bytes += len(payload)
        self._figures.last_frame_at_seconds = received_ns / 1e9
        self._derivation.take(number, received_ns, Kind.FRAME, payload)

    def sent(self, command: bytes) -> None:
        """Take note of a command on its way out."""
        self._take(Kind.SENT, command)

    def closed(self, reason: str) -> None:
        """Record the end of the connection."""
        self._note(Kind.CLOSED, {"reason": reason})

    @property
    def frames_received(self) -> int:
        """How many frames arrived."""
        return self._derivation.frames_received

    @property
    def markets_covered(self) -> int:
        """How many order books are covered."""
        return self._derivation.markets_covered()

    def _note(self, kind: Kind, what: dict[str, str]) -> None:
        self._take(kind, msgspec.json.encode(what))

    def _take(self, kind: Kind, payload: bytes) -> None:
        received_ns = time.time_ns()
        number = self._append(kind, self.connection_id, received_ns, payload)
        self._derivation.take(number, received_ns, kind, payload)


class Intake:
    """The intake of one gatherer."""

    def __init__(self, frame_log: FrameLog, writer: Writer, figures: Figures, settings: Writing) -> None:
        """Log to `frame_log`, hand rows to `writer`."""
        self.frame_log = frame_log
        self.writer = writer
        self.figures = figures
        self.settings = settings
        # Repairs belong to no connection.
        self._apart = Derivation(0, writer.put, figures, settings, whole=False)

    def open(self, name: str, url: str, listener: Listener) -> Line:
        """Record a new connection."""
        return Line(self, name, url, listener)

    def repaired(self, frame_number: int, repair: str) -> None:
        """Take note that what a gap lost was fetched."""
        payload, received_ns = msgspec.json.encode({"frame_number": frame_number, "repair": repair}), time.time_ns()
        number = self.frame_log.append(Kind.REPAIRED, 0, received_ns, payload)
        self._apart.take(number, received_ns, Kind.REPAIRED, payload)
