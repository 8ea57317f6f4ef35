"""Read recordings of the feed: JSON lines or one JSON document, in several formats."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kalshi_data.errors import RecordingError
from kalshi_data.kalshi.messages import Ticker
from kalshi_data.simulator.messages import CHANNEL_OF_TYPE

CONTROL_TYPES = frozenset({"subscribed", "ok", "unsubscribed", "error"})
# The keys of a frame, and of the time it was received in ns or ms.
RAW, FRAME, RECEIVED_NS, RECEIVED_MS = "raw", "frame", "recv_ts_ns", "received_ms"
# Later times are wrong.
RECEIVED_NS_MAX = 2**63

Fields = dict[str, msgspec.Raw]


class MarketMessage(msgspec.Struct, frozen=True):
    """What is read of a body."""

    market_ticker: Ticker | None = None


class RecordedFrame(NamedTuple):
    """One data frame: its top-level fields still encoded, and when it was received, in ns since 1970."""

    received_ns: int | None
    type: str
    market_ticker: str | None
    fields: Fields

    @property
    def channel(self) -> str:
        """The channel that carries it."""
        return CHANNEL_OF_TYPE.get(self.type, self.type)


def read_recording(path: Path) -> list[RecordedFrame]:
    """Return the data frames of a recording in order, without answers to commands.

    Accepted are JSON lines or one JSON document. A line is a frame, {"raw": frame as text, "recv_ts_ns": …} or
    {"frame": …, "received_ms": …}; a document is a list of those, an object with such a list under "frames", or an
    object of named frames.

    Raises:
        RecordingError: if an entry cannot be read; the message names it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
    frames: list[RecordedFrame] = []
    for number, entry in enumerate(_entries(path, content), start=1):
        try:
            frame = _frame(entry)
        except (msgspec.DecodeError, TypeError, UnicodeDecodeError, RecursionError) as error:
            raise RecordingError(f"{path}: entry {number} is not a frame of the feed: {error}") from error
        if frame is not None:
            frames.append(frame)
    if not frames:
        raise RecordingError(f"{path}: holds no data frame")
    return frames


def _entries(path: Path, content: bytes) -> Iterator[bytes]:
    """Yield each entry of the file, encoded."""
    try:
        document: list[msgspec.Raw] | Fields = msgspec.json.decode(content, type=list[msgspec.Raw] | Fields)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        yield from (line for line in content.splitlines() if line.strip())
        return
    if isinstance(document, dict):
        if "type" in document or RAW in document or FRAME in document:
            yield content
            return
        if "frames" in document:
            yield from map(bytes, msgspec.json.decode(document["frames"], type=list[msgspec.Raw]))
            return
        document = list(document.values())
    if not document:
        raise RecordingError(f"{path}: holds no frames")
    yield from map(bytes, document)


def _frame(entry: bytes) -> RecordedFrame | None:
    """Return the data frame of one entry, or None for a control frame. Its body may hold anything."""
    entry.decode()
    wrapper = msgspec.json.decode(entry, type=Fields)
    received_ns = None
    if "type" not in wrapper:
        received_ns = _received_ns(wrapper)
        inner = wrapper.get(RAW, wrapper.get(FRAME))
        if inner is None:
            raise TypeError(f"neither type nor {RAW} nor {FRAME} in it")
        # A frame recorded as text is a JSON string that holds JSON.
        text: Any = msgspec.json.decode(inner) if bytes(inner).lstrip().startswith(b'"') else bytes(inner)
        wrapper = msgspec.json.decode(text, type=Fields)
    # The document may be indented; frames have no white space.
    wrapper = {name: msgspec.Raw(msgspec.json.format(value, indent=-1)) for name, value in wrapper.items()}
    kind = msgspec.json.decode(wrapper["type"], type=str) if "type" in wrapper else ""
    if kind in CONTROL_TYPES:
        return None
    if not kind or "msg" not in wrapper:
        raise TypeError("no type or no msg in it")
    fields = {name: value for name, value in wrapper.items() if name not in {"id", "sid", "seq"}}
    return RecordedFrame(received_ns, kind, _market_ticker(wrapper["msg"]), fields)


def _market_ticker(body: msgspec.Raw) -> str | None:
    """Return the market that a message is about, None for one that no exchange could list."""
    try:
        return msgspec.json.decode(body, type=MarketMessage).market_ticker
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _received_ns(wrapper: Fields) -> int | None:
    """Return when a frame was received, or None if the recording does not hold it."""
    value = wrapper.get(RECEIVED_NS, wrapper.get(RECEIVED_MS, msgspec.Raw(b"null")))
    received = msgspec.json.decode(value, type=int | float | None)
    if received is None:
        return None
    received_ns = received if RECEIVED_NS in wrapper else received * 1_000_000
    return round(received_ns) if 0 <= received_ns < RECEIVED_NS_MAX else None
