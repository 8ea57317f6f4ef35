"""Connections to the exchange's WebSocket feed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import Event, State

from kalshi_data.kalshi.auth import Signer

# A longer message ends the connection. Source: Kalshi changelog, 2026-09-24.
MESSAGE_BYTES_MAX = 64 << 20
OPEN_SECONDS_MAX = 10
CLOSE_SECONDS_MAX = 5
# A connection is closed if the exchange does not answer our ping within this time; it pings us every 10 s itself.
SILENCE_SECONDS_MAX = 20

TRADE_CHANNEL = "trade"
CHANNELS_OF_ALL_MARKETS = ("ticker", TRADE_CHANNEL, "market_lifecycle_v2", "multivariate_market_lifecycle")
INDEX_CHANNEL = "cfbenchmarks_value"
BOOK_CHANNEL = "orderbook_delta"

TakeFrame = Callable[[bytes], None]


# The first byte of a frame that is a whole message of text or binary data; the second one of a frame with a mask, which
# only clients send, is this or more. Source: RFC 6455, section 5.2.
WHOLE_MESSAGES = (0x81, 0x82)
MASKED = 0x80
# A frame's length, if it follows in two bytes; one more stands for eight bytes.
LENGTH_OF_TWO_BYTES = 126
END_OF_ANSWER = b"\r\n\r\n"


def take_usual(data: bytes, position: int, take: TakeFrame) -> int:
    """Deliver whole messages of less than 64 kB, until a frame is another one; return the position of that frame."""
    size = len(data)
    while position + 4 <= size and data[position] in WHOLE_MESSAGES:
        length = data[position + 1]
        if length == LENGTH_OF_TWO_BYTES:
            begin = position + 4
            end = begin + (data[position + 2] << 8) + data[position + 3]
        else:
            begin = position + 2
            end = begin + length
        if length > LENGTH_OF_TWO_BYTES or end > size:
            break
        take(data[begin:end])
        position = end
    return position


def find_payload(data: bytes, position: int) -> tuple[int, int] | None:
    """Return where the payload of the frame at a position begins and ends; None if the frame's header is not whole."""
    begin = position + 2
    if len(data) < begin:
        return None
    length = data[position + 1] % MASKED
    if length < LENGTH_OF_TWO_BYTES:
        return begin, begin + length
    after = begin + (2 if length == LENGTH_OF_TWO_BYTES else 8)
    return (after, after + int.from_bytes(data[begin:after])) if len(data) >= after else None


class FeedConnection(ClientConnection):
    """A connection that calls `take` with each message while the socket is read, so that reading never waits.

    Each message is whole, whether text or binary. No message is queued, and none is delivered before `take` is set.
    Nearly all frames are whole messages, and those are found here, in a sixth of the library's time. All other frames
    are left to the library, each as a whole.
    """

    take: TakeFrame | None = None
    # When bytes last arrived, pings included, by the monotonic clock.
    received_at_seconds = 0.0
    # The parts of a message that is not whole yet.
    _parts: list[bytes] | None = None
    # Whether the library has got whole frames only, so that the next byte begins a frame.
    _is_aligned = False
    # What has arrived of a frame that is not whole yet, and how many bytes it needs.
    _waiting: list[bytes] | None = None
    _waiting_bytes = _needed_bytes = 0

    @property
    def last_received_at(self) -> datetime:
        """When bytes last arrived, by the wall clock."""
        return datetime.now(UTC) - timedelta(seconds=time.monotonic() - self.received_at_seconds)

    def data_received(self, data: bytes) -> None:
        """Record the time, and find the frames in the data."""
        self.received_at_seconds = time.monotonic()
        if self._is_aligned:
            self._divide(data)
            return
        is_handshake = self.protocol.state is State.CONNECTING
        super().data_received(data)
        # If frames follow the answer to the handshake in the same data, the library goes on with all of them.
        self._is_aligned = is_handshake and self.protocol.state is State.OPEN and data.endswith(END_OF_ANSWER)

    def _divide(self, data: bytes) -> None:
        """Deliver the messages in the data, and keep a frame that is not whole."""
        if self._waiting is not None:
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            if self._waiting_bytes < self._needed_bytes:
                return
            data, self._waiting = b"".join(self._waiting), None
        position = self._take_usual(data, 0)
        size, needed = len(data), 2
        while (place := find_payload(data, position)) is not None:
            begin, end = place
            needed = end - position
            if self.protocol.state is not State.OPEN or needed > MESSAGE_BYTES_MAX:
                self._is_aligned = False
                super().data_received(data[position:])
                return
            if end > size:
                break
            if data[position] in WHOLE_MESSAGES and data[position + 1] < MASKED and self._parts is None and self.take:
                self.take(data[begin:end])
            else:
                super().data_received(data[position:end])
            position, needed = self._take_usual(data, end), 2
        if position < size:
            self._waiting, self._waiting_bytes, self._needed_bytes = [data[position:]], size - position, needed

    def _take_usual(self, data: bytes, position: int) -> int:
        """Deliver what needs no help of the library; only that changes the connection's state."""
        if self._parts is not None or self.take is None or self.protocol.state is not State.OPEN:
            return position
        return take_usual(data, position, self.take)

    def process_event(self, event: Event) -> None:
        """Deliver a data frame; leave every other event to the library."""
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES or self.take is None:
            super().process_event(event)
        elif event.fin and event.opcode:
            self.take(bytes(event.data))
        else:
            self._assemble(event, self.take)

    def _assemble(self, event: Frame, take: TakeFrame) -> None:
        """Collect the parts of a message; the protocol has already checked their order and size."""
        parts = self._parts = [] if event.opcode or self._parts is None else self._parts
        parts.append(bytes(event.data))
        if event.fin:
            self._parts = None
            take(b"".join(parts))


class FeedConnect(connect):
    """Connects without following redirects: the signed headers are for the exchange's own address."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Treat a redirect as a refusal."""
        return exc


def open_feed(url: str, signer: Signer) -> FeedConnect:
    """Return an async context manager that opens one signed connection, a FeedConnection.

    Raises, on entry:
        OSError, TimeoutError: the exchange cannot be reached.
        websockets.exceptions.InvalidStatus: it refused the handshake; the body of the answer says why.
    """
    return FeedConnect(
        url,
        additional_headers=signer.headers("GET", urlsplit(url).path),
        close_timeout=CLOSE_SECONDS_MAX,
        compression=None,
        create_connection=FeedConnection,
        max_size=MESSAGE_BYTES_MAX,
        open_timeout=OPEN_SECONDS_MAX,
        ping_interval=SILENCE_SECONDS_MAX,
        ping_timeout=SILENCE_SECONDS_MAX,
        proxy=None,
    )
