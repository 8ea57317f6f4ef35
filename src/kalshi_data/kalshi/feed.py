"""Connections to the exchange's WebSocket feed."""

from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from kalshi_data.kalshi.auth import Signer

# Source: the exchange's changelog of 2026-09-24; what is longer ends the connection.
MESSAGE_BYTES_MAX = 64 << 20
OPEN_SECONDS_MAX = 10
# The exchange pings every 10 s; a peer that answers none of our own pings within this time is gone.
SILENCE_SECONDS_MAX = 20
# Frames the client holds beyond what the program has taken; then the socket itself is no longer read.
FRAMES_BUFFERED_MAX = 1024

CHANNELS_OF_ALL_MARKETS = ("ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle")
BOOK_CHANNEL = "orderbook_delta"


def open_feed(url: str, signer: Signer) -> connect:
    """Return an async context manager that opens one signed connection.

    Raises, on entry:
        OSError, TimeoutError: the exchange cannot be reached.
        websockets.exceptions.InvalidStatus: it refused, with 401 for a bad signature.
    """
    return connect(
        url,
        additional_headers=signer.headers("GET", urlsplit(url).path),
        compression=None,
        max_queue=FRAMES_BUFFERED_MAX,
        max_size=MESSAGE_BYTES_MAX,
        open_timeout=OPEN_SECONDS_MAX,
        ping_interval=SILENCE_SECONDS_MAX,
        ping_timeout=SILENCE_SECONDS_MAX,
        proxy=None,
    )


__all__ = ["BOOK_CHANNEL", "CHANNELS_OF_ALL_MARKETS", "ClientConnection", "open_feed"]
