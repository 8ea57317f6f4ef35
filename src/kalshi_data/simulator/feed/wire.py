"""Write WebSocket frames to one client without waiting, in order, and several at a time.

A server's frames carry no mask (RFC 6455, 5.1), so a text frame is a short header and its payload. They are
written to the transport directly, which is several times faster than a call of the HTTP library per frame. The library
still sends pings, pongs and the close handshake; it also writes whole frames, so the two do not mix.
"""

import asyncio
import zlib
from collections.abc import Callable

TEXT, TEXT_COMPRESSED = 0x81, 0xC1
SYNC_TAIL = b"\x00\x00\xff\xff"

FrameFault = Callable[[bytes], bytes | None]


def encode_text(payload: bytes, first: int = TEXT) -> bytes:
    """Return the header of a frame with this payload."""
    size = len(payload)
    if size < 126:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, 126, size >> 8, size & 255))
    return bytes((first, 127)) + size.to_bytes(8)


def compress(payload: bytes, window_bits: int) -> bytes:
    """Return a payload compressed for permessage-deflate (RFC 7692), without reference to earlier messages."""
    deflate = zlib.compressobj(zlib.Z_BEST_SPEED, zlib.DEFLATED, -window_bits)
    return (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(SYNC_TAIL)


class Wire:
    """The sending side of one connection."""

    def __init__(self, transport: asyncio.WriteTransport | None, window_bits: int = 0) -> None:
        """Write to `transport`; compress with a window of `window_bits`, 0 for no compression."""
        self._transport = transport
        self._window_bits = window_bits
        self._chunks: list[bytes] = []
        self._held = False
        self._ended = False
        self.frame_fault: FrameFault | None = None

    def send(self, payload: bytes) -> bool:
        """Queue one text frame; return False if a fault or the end of the connection prevents sending it."""
        if self._ended or (self._transport is not None and self._transport.is_closing()):
            return False
        if self.frame_fault is not None:
            changed = self.frame_fault(payload)
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
        """Write queued frames to the transport, unless hold() is in effect."""
        if self._chunks and not self._held:
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(b"".join(self._chunks))
            self._chunks.clear()

    def hold(self) -> None:
        """Queue frames without sending them until release()."""
        self.flush()
        self._held = True

    def release(self) -> None:
        """Send the frames queued since hold()."""
        self._held = False
        self.flush()

    def end(self) -> None:
        """Send the frames that count as sent, and none after them: a close frame follows."""
        self.release()
        self._ended = True

    def abort(self) -> None:
        """End the connection without a close frame, after the frames that count as sent."""
        if self._transport is not None:
            self.end()
            self._transport.close()

    @property
    def unread_bytes(self) -> int:
        """How many bytes the client has not read yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()
