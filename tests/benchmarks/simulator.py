"""How fast one exchange process sends deltas: to one connection, and to each of three."""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.kalshi.auth import Signer, load_signer

MARKETS = 1_000
WARM_SECONDS = 1.0
MASK = bytes(4)
DELTA = b'{"type":"orderbook_delta"'
SEQUENCE = re.compile(rb'"seq":(\d+),')


def measure(seconds: float) -> dict[str, float]:
    """Return deltas per second that reach one connection, and each of three at once."""
    one, three = rate(1, seconds / 2), rate(3, seconds / 2)
    return {"one_connection_deltas_per_second": one, "each_of_three_deltas_per_second": three}


def rate(connections: int, seconds: float) -> float:
    """Return deltas per second of the slowest connection to an unpaced exchange."""
    with tempfile.TemporaryDirectory() as name, exchange(key := make_key(Path(name), 2), Path(name)) as url:
        signer = load_signer(key.key_id, key.private)
        return asyncio.run(receive(url, signer, connections, seconds))


@contextmanager
def exchange(key: KeyFiles, folder: Path) -> Generator[str]:
    """Run an exchange that sends as fast as clients take it and journals everything; yield the feed's address."""
    arguments = [sys.executable, "-m", "kalshi_data.simulator", "run", f"--key={key.key_id}={key.public}", "--unpaced"]
    arguments += [f"--markets={MARKETS}", "--rate=50000", "--seconds=0", "--clients=0"]
    with subprocess.Popen([*arguments, f"--journal={folder}/journal"], stdout=subprocess.PIPE) as running:
        try:
            line = running.stdout.readline() if running.stdout else b""
            yield str(msgspec.json.decode(line)["websocket_url"])
        finally:
            running.terminate()
            running.communicate()


async def receive(url: str, signer: Signer, connections: int, seconds: float) -> float:
    """Count on all connections at once."""
    return min(await asyncio.gather(*(count(url, signer, seconds) for _ in range(connections))))


async def count(url: str, signer: Signer, seconds: float) -> float:
    """Count one connection's deltas: found by how they begin, since parsing would cost more than sending.

    Raises:
        RuntimeError: the numbers of the first and the last delta do not agree with the count.
    """
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 22)
    writer.write(handshake(address.netloc, address.path, signer))
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked(subscribe_all()))
    warm = time.perf_counter() + WARM_SECONDS
    rest = b""
    while time.perf_counter() < warm:
        _, rest = split(rest + await reader.read(1 << 20))
    first, seen, began = sequence(rest), 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        found, rest = split(rest + await reader.read(1 << 20))
        seen += found
    elapsed = time.perf_counter() - began
    while SEQUENCE.search(rest) is None:
        rest += await reader.read(1 << 20)
    writer.transport.abort()
    if sequence(rest) - first != seen:
        raise RuntimeError(f"{seen} deltas between numbers {first} and {sequence(rest)}")
    return seen / elapsed


def split(received: bytes) -> tuple[int, bytes]:
    """Return how many deltas are surely whole, and what may still be cut: from the last one on that has a number."""
    begin = received.rfind(DELTA)
    while begin > 0 and SEQUENCE.search(received, begin) is None:
        begin = received.rfind(DELTA, 0, begin)
    return (received.count(DELTA, 0, begin), received[begin:]) if begin >= 0 else (0, received)


def sequence(received: bytes) -> int:
    """Return the first number in what was received."""
    found = SEQUENCE.search(received)
    return int(found[1]) if found else 0


def handshake(host: str, path: str, signer: Signer) -> bytes:
    """Return a signed upgrade request."""
    fixed = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    fields = {**fixed, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", **signer.headers("GET", path)}
    return "\r\n".join([f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]).encode()


def subscribe_all() -> bytes:
    """Return the command that subscribes every order book."""
    tickers = [f"{name_of(number)}-E{number // 5}-T{number}" for number in range(MARKETS)]
    params = {"channels": ["orderbook_delta"], "market_tickers": tickers, "skip_ticker_ack": True}
    return msgspec.json.encode({"id": 1, "cmd": "subscribe", "params": params})


def name_of(number: int) -> str:
    """Return the series of the exchange's made-up market of that number."""
    return "KXMVESIM" if number % 20 == 19 else f"KXSIM{chr(65 + number // 5 % 8)}"


def masked(payload: bytes) -> bytes:
    """Return a client's text frame; its mask is zero."""
    return bytes((0x81, 0x80 | 126)) + len(payload).to_bytes(2) + MASK + payload
