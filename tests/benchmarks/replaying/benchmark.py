"""How soon a window of a made-up hour begins to play, and how much memory the simulator takes for the whole hour."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from aiohttp import ClientSession

from kalshi_data.demo.keys import make_key
from kalshi_data.kalshi.auth import Signer, load_signer
from kalshi_data.simulator.server import FEED
from tests.benchmarks.reading.made_hour import BEGIN, HourSize, write_hour

SQL = {path.stem: path for path in (Path(__file__).parent / "sql").glob("*.sql")}
# Ten seconds stand for an hour of 50,000 markets and 12 million changes; one of eleven that are drawn changes nothing.
MARKETS_PER_SECOND, DRAWN_PER_SECOND = 5_000, 1_320_000
HOUR = timedelta(hours=1)
FIRST_SECONDS_MAX, HOUR_SECONDS_MAX = 600, 7_200
# Faster than any client reads.
SPEED = 1_000
CHANNELS = ("trade", "ticker")
Figures = dict[str, float]


class Playing(NamedTuple):
    """A simulator that plays a window: its process, when it was started, where it listens, and a key that it knows."""

    process: subprocess.Popen[bytes]
    began: float
    websocket_url: str
    signer: Signer

    def figures(self) -> Figures:
        """Return the processor's seconds, the seconds and the most megabytes since it was started."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return {
            "cpu_seconds": ticks / os.sysconf("SC_CLK_TCK"),
            "seconds": time.perf_counter() - self.began,
            "rss_max_mb": int(status.partition("VmHWM:")[2].split()[0]) / 1024,
        }

    def wait_for(self, event: str) -> dict[str, Any]:
        """Return the next event of a name that the simulator announces.

        Raises:
            RuntimeError: it ended before.
        """
        for line in self.process.stdout or ():
            found = msgspec.json.decode(line, type=dict[str, Any])
            if found["event"] == event:
                return found
        raise RuntimeError(f"the simulator ended before the event {event}: see its output above")


@contextmanager
def playing(root: Path, begin: datetime, folder: Path, speed: float) -> Generator[Playing]:
    """Play an archive from a moment to the end of its hour; end the simulator afterwards."""
    key = make_key(folder, 2)
    command = [sys.executable, "-m", "kalshi_data.simulator", "replay", f"--key={key.key_id}={key.public}"]
    command += [f"--archive={root}", f"--from={begin.isoformat()}", f"--to={(BEGIN + HOUR).isoformat()}"]
    command += [f"--speed={speed}", "--clients=0"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        started = Playing(process, began, "", load_signer(key.key_id, key.private))
        try:
            yield started._replace(websocket_url=started.wait_for("listening")["websocket_url"])
        finally:
            process.terminate()


async def first_message(served: Playing) -> str:
    """Return the type of the first message about what happened that a client gets."""
    # A signature is of its moment: it is made once the simulator listens.
    headers = served.signer.headers("GET", FEED)
    async with ClientSession() as session, session.ws_connect(served.websocket_url, headers=headers) as socket:
        await socket.send_json({"id": 1, "cmd": "subscribe", "params": {"channels": CHANNELS}})
        async with asyncio.timeout(FIRST_SECONDS_MAX):
            while (found := await socket.receive_json())["type"] not in CHANNELS:
                pass
            return found["type"]


def first(root: Path, begin: datetime, folder: Path) -> Figures:
    """Return the figures until a client got the first message of a window."""
    with playing(root, begin, folder, speed=1) as served:
        asyncio.run(first_message(served))
        return served.figures()


def whole(root: Path, folder: Path) -> Figures:
    """Return the figures of playing an hour as fast as possible."""
    with playing(root, BEGIN, folder, SPEED) as served:
        served.wait_for("finished")
        return served.figures()


def measure(seconds: float) -> Figures:
    """Return the figures; 10 seconds mean an hour of 12 million changes."""
    size = HourSize(max(100, int(seconds * MARKETS_PER_SECOND)), max(20_000, int(seconds * DRAWN_PER_SECOND)))
    with tempfile.TemporaryDirectory(prefix="kalshi-") as name:
        folder = Path(name)
        return measured(write_hour(folder, size, SQL), folder)


def measured(root: Path, folder: Path) -> Figures:
    """Return the figures of an hour that was written."""
    asked: dict[str, Callable[[], Figures]] = {
        "first": lambda: first(root, BEGIN, folder),
        "first_of_half": lambda: first(root, BEGIN + HOUR / 2, folder),
        "hour": lambda: whole(root, folder),
    }
    return {f"{name}_{figure}": value for name, ask in asked.items() for figure, value in ask().items()}
