"""WebSocket frames to one client: written without waiting, in order, many at a time.

A server's frames carry no mask (RFC 6455, 5.1), so a text frame is a short header and its payload. They go straight to
the transport, which is several times faster than a call of the HTTP library per frame; pings, pongs and the close
handshake stay with the library, whose writes are whole frames too.
"""

import asyncio
import zlib
from collections.abc import Callable

TEXT, TEXT_COMPRESSED = 0x81, 0xC1
SYNC_TAIL = b"\x00\x00\xff\xff"

Damage = Callable[[bytes], bytes | None]


def encode_text(payload: bytes, first: int = TEXT) -> bytes:
    """Return a frame's header; the payload follows it."""
    size = len(payload)
    if size < 126:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, 126, size >> 8, size & 255))
    return bytes((first, 127)) + size.to_bytes(8)


def compress(payload: bytes, window_bits: int) -> bytes:
    """Return a payload for permessage-deflate (RFC 7692), which refers to no earlier message."""
    deflate = zlib.compressobj(zlib.Z_BEST_SPEED, zlib.DEFLATED, -window_bits)
    return (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(SYNC_TAIL)


class Wire:
    """The sending side of one connection."""

    def __init__(self, transport: asyncio.WriteTransport | None, window_bits: int = 0) -> None:
        """Write to `transport`; `window_bits` says how to compress, 0 for not at all."""
        self._transport = transport
        self._window_bits = window_bits
        self._chunks: list[bytes] = []
        self._held = False
        self.damage: Damage | None = None

    def send(self, payload: bytes) -> bool:
        """Queue one text frame; return whether it will be sent, which a fault or the connection's end may prevent."""
        if self._transport is not None and self._transport.is_closing():
            return False
        if self.damage is not None:
            changed = self.damage(payload)
            if changed is None:
                return False
            payload = changed
        if not self._chunks and not self._held:
            asyncio.get_running_loop().call_soon(self.flush)
        if self._window_bits:
            payload = compress(payload, self._window_bits)
            self._chunks.append(encode_text(payload, TEXT_COMPRESSED))
        else:
            self._chunks.append(encode_text(payload))
        self._chunks.append(payload)
        return True

    def flush(self) -> None:
        """Hand to the transport what is queued, unless frames are held back."""
        if self._chunks and not self._held:
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(b"".join(self._chunks))
            self._chunks.clear()

    def hold(self) -> None:
        """Keep frames back until release()."""
        self.flush()
        self._held = True

    def release(self) -> None:
        """Send what was kept back."""
        self._held = False
        self.flush()

    def abort(self) -> None:
        """End the connection without a close frame."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def waiting_bytes(self) -> int:
        """How much the client has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()
