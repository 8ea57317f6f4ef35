"""An exchange process that starts when a client has subscribed everything, and then has no end."""

import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.demo.keys import KeyFiles

MARKETS = 5_000
SUBSCRIBE_SECONDS_MAX = 120.0


class Exchange:
    """A running exchange: its addresses, and the key that it knows."""

    def __init__(self, process: subprocess.Popen[bytes], key: KeyFiles) -> None:
        """Read the addresses, and wait for the start in a thread from then on."""
        assert process.stdout
        self.key = key
        self._lines = process.stdout
        self.addresses: dict[str, Any] = msgspec.json.decode(self._lines.readline())
        self._started = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for_start(self) -> None:
        """Wait until everything is subscribed.

        Raises:
            TimeoutError: it is not in time.
        """
        if not self._started.wait(SUBSCRIBE_SECONDS_MAX):
            raise TimeoutError(f"not everything is subscribed after {SUBSCRIBE_SECONDS_MAX} s")

    def _read(self) -> None:
        for line in self._lines:
            if msgspec.json.decode(line)["event"] == "started":
                self._started.set()


@contextmanager
def exchange(key: KeyFiles, folder: Path, rate: int, *options: str) -> Generator[Exchange]:
    """Run an exchange that waits for one client; `rate` is in deltas per second."""
    arguments = [sys.executable, "-m", "kalshi_data.simulator", "run", f"--key={key.key_id}={key.public}"]
    arguments += [f"--markets={MARKETS}", f"--rate={rate}", "--seconds=0", "--tier=prestige", "--clients=1", *options]
    with (folder / "exchange.log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log)
    try:
        yield Exchange(process, key)
    finally:
        process.terminate()
        process.wait(30)


def market_tickers() -> list[str]:
    """Return the tickers of the exchange's made-up markets."""
    return [f"{series_of(number)}-E{number // 5}-T{number}" for number in range(MARKETS)]


def series_of(number: int) -> str:
    """Return the series of the exchange's made-up market of that number."""
    return "KXMVESIM" if number % 20 == 19 else f"KXSIM{chr(65 + number // 5 % 8)}"
