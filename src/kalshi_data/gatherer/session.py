"""One connection's frames: checked, acknowledged, turned into rows and handed to the writer."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import structlog
from websockets.exceptions import ConnectionClosed

from kalshi_data.errors import BadFrame, ExchangeError
from kalshi_data.gatherer.batch import Item, quarantine_item
from kalshi_data.gatherer.configuration import GathererSettings
from kalshi_data.gatherer.subscriptions import Commands, Plan
from kalshi_data.gatherer.writer import Writer
from kalshi_data.kalshi.feed import ClientConnection
from kalshi_data.kalshi.messages import Acknowledgement, Envelope, Refusal
from kalshi_data.kalshi.moments import from_ns
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import Arrival, decode_envelope, to_row, unknown_fields
from kalshi_data.kalshi.sequence import SequenceCheck

log = structlog.get_logger()

Body = TypeVar("Body", bound=msgspec.Struct)
CONTROL_TYPES = frozenset({"subscribed", "ok", "unsubscribed", "error"})


class Counters:
    """What a gatherer counts of all its connections."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.quarantined: Counter[str] = Counter()
        self.unknown_fields: Counter[tuple[str, str]] = Counter()
        self.gaps = 0


class Session:
    """Follows one open connection from its first command to its last frame."""

    def __init__(
        self, plan: Plan, connection_id: int, settings: GathererSettings, writer: Writer, counters: Counters
    ) -> None:
        """Prepare to subscribe `plan` on the connection recorded as `connection_id`."""
        self._plan = plan
        self._connection_id = connection_id
        self._settings = settings
        self._writer = writer
        self._counters = counters
        self._commands = Commands(plan, settings.subscriptions)
        self._sequence = SequenceCheck()
        self._occurrences = Occurrences()
        self._sids: dict[int, str] = {}
        self._acknowledged = asyncio.Event()
        self._last_received_at = datetime.now(UTC)
        self.frames_received = 0

    async def run(self, websocket: ClientConnection) -> None:
        """Subscribe, then take frames until the connection closes; what was received before is taken too.

        Raises:
            ExchangeError: a command was refused, or not acknowledged in time.
            websockets.exceptions.ConnectionClosedError: the connection broke.
        """
        async with asyncio.TaskGroup() as group:
            commands = group.create_task(self._send_commands(websocket))
            try:
                await self._receive(websocket)
            finally:
                commands.cancel()

    async def _send_commands(self, websocket: ClientConnection) -> None:
        """Send one command after the other, each when its predecessor was acknowledged."""
        limit = self._settings.subscriptions.acknowledgement_seconds_max
        while (command := self._commands.following(next(iter(self._sids), None))) is not None:
            self._acknowledged.clear()
            await websocket.send(command, text=True)
            try:
                await asyncio.wait_for(self._acknowledged.wait(), limit)
            except TimeoutError as error:
                raise ExchangeError(f"command {self._commands.awaited} was not acknowledged in {limit} s") from error
        log.info("subscribed", connection=self._plan.name, connection_id=self._connection_id)

    async def _receive(self, websocket: ClientConnection) -> None:
        while True:
            try:
                frame = await websocket.recv(decode=False)
            except ConnectionClosed as closed:
                if closed.rcvd is None and closed.sent is None:
                    raise
                return
            self.take(frame, from_ns(time.time_ns()))
            await self._writer.room()

    def take(self, frame: bytes, received_at: datetime) -> None:
        """Handle one frame; one that cannot be understood goes to quarantine and the connection goes on."""
        self.frames_received += 1
        try:
            envelope = decode_envelope(frame)
            self._check_sequence(envelope, received_at)
            if len(frame) > self._settings.writing.frame_bytes_max:
                raise BadFrame("frame too long")
            if envelope.type in CONTROL_TYPES:
                self._control(envelope)
            else:
                self._data(envelope, frame, received_at)
        except BadFrame as reason:
            self._quarantine(frame, str(reason), received_at)

    def _check_sequence(self, envelope: Envelope, received_at: datetime) -> None:
        if envelope.sid is None or envelope.seq is None:
            return
        gap = self._sequence.observe(envelope.sid, envelope.seq)
        if gap is not None:
            self._counters.gaps += 1
            log.warning("sequence gap", connection_id=self._connection_id, **gap._asdict())
            place = (self._connection_id + self.frames_received, self._connection_id, gap.sid)
            channel = self._sids.get(gap.sid, "")
            numbers = (gap.seq_expected, gap.seq_received)
            self._put("gaps", (*place, channel, *numbers, self._last_received_at, received_at), b"", received_at)
        self._last_received_at = received_at

    def _data(self, envelope: Envelope, frame: bytes, received_at: datetime) -> None:
        arrival = Arrival(self._connection_id, received_at, self._occurrences)
        stream, row = to_row(envelope, arrival)
        if envelope.sid not in self._sids:
            raise BadFrame("unknown sid")
        for name in unknown_fields(envelope):
            if not self._counters.unknown_fields[envelope.type, name]:
                log.info("unknown field, the row is stored without it", type=envelope.type, field=name)
            self._counters.unknown_fields[envelope.type, name] += 1
        self._put(stream, row, frame, received_at)

    def _control(self, envelope: Envelope) -> None:
        """Note an acknowledgement, so that the next command is sent.

        Raises:
            ExchangeError: the exchange refused what this connection is for.
        """
        if envelope.type == "error":
            self._refused(envelope)
        if envelope.type == "subscribed":
            acknowledgement = _decode(envelope, Acknowledgement)
            self._sids[acknowledgement.sid] = acknowledgement.channel
        if envelope.id is not None and envelope.id == self._commands.awaited:
            self._acknowledged.set()

    def _refused(self, envelope: Envelope) -> None:
        """Go on without a channel of all markets that the exchange refuses; any other error ends the connection."""
        refusal = _decode(envelope, Refusal)
        if self._plan.tickers or envelope.id is None or envelope.id != self._commands.awaited:
            raise ExchangeError(f"the exchange refused: error {refusal.code}, {refusal.msg}")
        log.error("channel refused, going on without it", command=envelope.id, code=refusal.code, error=refusal.msg)

    def _quarantine(self, frame: bytes, reason: str, received_at: datetime) -> None:
        # Counted and logged by kind: what follows the colon may differ from frame to frame.
        kind = reason.partition(":")[0]
        if not self._counters.quarantined[kind]:
            log.warning("frame quarantined", reason=reason, connection_id=self._connection_id)
        self._counters.quarantined[kind] += 1
        limit = self._settings.writing.quarantined_frame_bytes_max
        self._writer.put(quarantine_item(frame, reason, self._connection_id, received_at, limit))

    def _put(self, stream: str, row: tuple[object, ...], frame: bytes, received_at: datetime) -> None:
        self._writer.put(Item(stream, row, frame, self._connection_id, received_at))


def _decode(envelope: Envelope, kind: type[Body]) -> Body:
    """Decode the body of a control frame."""
    try:
        return msgspec.json.decode(envelope.msg, type=kind)
    except msgspec.DecodeError as error:
        raise BadFrame(f"bad {envelope.type}: {error}") from error
