"""Connections to the exchange's WebSocket feed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import Event

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


class FeedConnection(ClientConnection):
    """A connection that calls `take` with each message while the socket is read, so that reading never waits.

    Each message is whole, whether text or binary. No message is queued, and none is delivered before `take` is set.
    """

    take: TakeFrame | None = None
    # When bytes last arrived, pings included, by the monotonic clock.
    received_at_seconds = 0.0
    _parts: list[bytes]

    @property
    def last_received_at(self) -> datetime:
        """When bytes last arrived, by the wall clock."""
        return datetime.now(UTC) - timedelta(seconds=time.monotonic() - self.received_at_seconds)

    def data_received(self, data: bytes) -> None:
        """Record the time, then let the protocol find the messages in the data."""
        self.received_at_seconds = time.monotonic()
        super().data_received(data)

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
        if event.opcode:
            self._parts = []
        self._parts.append(bytes(event.data))
        if event.fin:
            take(b"".join(self._parts))


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
