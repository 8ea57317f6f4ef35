"""The frames of a connection, in whatever parts they arrive: as the library finds them, and here."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from kalshi_data.kalshi.feed import MESSAGE_BYTES_MAX, FeedConnection

OPCODES = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.PONG)


class Pipe(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def write(self, data: Any) -> None:
        self.written += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Take any number of bytes."""

    def is_closing(self) -> bool:
        return False


def encode(opcode: Opcode, payload: bytes = b"", *, fin: bool = True, mask: bool = False) -> bytes:
    """Return a frame, right or wrong; its mask is zero."""
    size, bit = len(payload), mask << 7
    short, more = (size, b"") if size < 126 else (126, size.to_bytes(2)) if size < 1 << 16 else (127, size.to_bytes(8))
    return bytes((fin << 7 | opcode, bit | short)) + more + bytes(4 * mask) + payload


class Received:
    """What a connection did with the data that it received."""

    def __init__(self, parts: Sequence[bytes], *, aligned: bool) -> None:
        self.messages: list[bytes] = []
        asyncio.run(self._receive(parts, aligned))

    async def _receive(self, parts: Sequence[bytes], aligned: bool) -> None:
        protocol = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=MESSAGE_BYTES_MAX)
        connection = FeedConnection(protocol, ping_interval=None)
        pipe = Pipe()
        connection.connection_made(pipe)
        connection.response = Response(101, "", Headers())
        connection.take = self.messages.append
        connection._is_aligned = aligned  # pyright: ignore[reportPrivateUsage]
        for part in parts:
            connection.data_received(part)
        self.answers = frames_of(bytes(pipe.written))
        self.state = protocol.state
        connection.connection_lost(None)


def frames_of(written: bytes) -> list[tuple[int, bytes]]:
    """Return the kind and the payload of each frame that a client has sent, all of them short."""
    found: list[tuple[int, bytes]] = []
    while written:
        end = 6 + written[1] % 128
        mask, payload = written[2:6], written[6:end]
        found.append((written[0], bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))))
        written = written[end:]
    return found


def split(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Divide data at some places."""
    cuts = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(cuts)]


payloads = st.one_of(st.binary(max_size=130), st.integers(120, 70_000).map(bytes))
frames = st.one_of(
    st.tuples(st.just(Opcode.TEXT), payloads, st.just(True), st.just(False)),
    st.tuples(st.sampled_from(OPCODES), st.binary(max_size=125), st.booleans(), st.booleans()),
    st.just((Opcode.CLOSE, b"\x03\xe8", True, False)),
)


@given(st.lists(frames, max_size=8), st.lists(st.integers(0, 1 << 20), max_size=6))
def test_any_frames_in_any_parts_lead_to_what_the_library_alone_does(
    sent: list[tuple[Opcode, bytes, bool, bool]], places: list[int]
) -> None:
    data = b"".join(encode(opcode, payload, fin=fin, mask=mask) for opcode, payload, fin, mask in sent)
    here, library = (Received(split(data, places), aligned=aligned) for aligned in (True, False))
    assert (here.messages, here.answers, here.state) == (library.messages, library.answers, library.state)


@pytest.mark.parametrize("follows_at_once", [True, False])
def test_messages_follow_the_answer_to_the_handshake(follows_at_once: bool) -> None:
    async def connect() -> tuple[list[bytes], bool]:
        client, server, messages = ClientProtocol(parse_uri("ws://localhost/")), ServerProtocol(), list[bytes]()
        client.send_request(client.connect())
        server.receive_data(b"".join(client.data_to_send()))
        (request,) = server.events_received()
        assert isinstance(request, Request)
        server.send_response(server.accept(request))
        connection = FeedConnection(client, ping_interval=None)
        connection.connection_made(Pipe())
        connection.take = messages.append
        # The first one is the end of an answer, too; the library has got half of the second one.
        answer, frames = b"".join(server.data_to_send()), encode(Opcode.TEXT, b"\r\n\r\n") + encode(Opcode.TEXT, b"two")
        parts = [answer + frames[:-2], frames[-2:]] if follows_at_once else [answer, frames]
        for part in parts:
            connection.data_received(part)
        connection.connection_lost(None)
        return messages, connection._is_aligned  # pyright: ignore[reportPrivateUsage]

    assert asyncio.run(connect()) == ([b"\r\n\r\n", b"two"], not follows_at_once)


def test_messages_are_whole_whatever_their_size() -> None:
    sizes = (0, 1, 125, 126, 127, 65_535, 65_536, 3 << 20)
    messages = [bytes([number]) * size for number, size in enumerate(sizes)]
    data = b"".join(encode(Opcode.TEXT, message) for message in messages)
    assert Received([data[at : at + 60_000] for at in range(0, len(data), 60_000)], aligned=True).messages == messages


def test_a_message_in_several_frames_is_one() -> None:
    parts = (encode(Opcode.TEXT, b"one,", fin=False), encode(Opcode.PING, b"!"), encode(Opcode.CONT, b"two"))
    received = Received([b"".join(parts) + encode(Opcode.TEXT, b"three")], aligned=True)
    assert received.messages == [b"one,two", b"three"]
    assert received.answers == [(0x8A, b"!")]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (bytes((0x81, 127)) + (MESSAGE_BYTES_MAX + 1).to_bytes(8), CloseCode.MESSAGE_TOO_BIG),
        (encode(Opcode.TEXT, b"two", mask=True), CloseCode.PROTOCOL_ERROR),
        (encode(Opcode.CONT, b"two"), CloseCode.PROTOCOL_ERROR),
        (bytes((0xC1, 3)) + b"two", CloseCode.PROTOCOL_ERROR),
    ],
    ids=["too long", "masked", "continues nothing", "reserved bit"],
)
def test_a_wrong_frame_closes_the_connection(wrong: bytes, code: int) -> None:
    received = Received([encode(Opcode.TEXT, b"one") + wrong + encode(Opcode.TEXT, b"three")], aligned=True)
    assert received.messages == [b"one"]
    ((kind, reason),) = received.answers
    assert (kind, int.from_bytes(reason[:2])) == (0x88, code)
    assert received.state is State.CLOSING
