"""Opens a session in each database again and again, and measures how long none is possible."""

import threading
import time
from collections.abc import Mapping

import psycopg

PERIOD_SECONDS = 0.2


class Sessions:
    """Tries during its block; afterwards refused_seconds() returns the result."""

    def __init__(self, conninfos: Mapping[str, str]) -> None:
        self._done = threading.Event()
        self._longest = dict.fromkeys(conninfos, 0.0)
        self._threads = [threading.Thread(target=self._try, args=each) for each in conninfos.items()]

    def __enter__(self) -> "Sessions":
        """Start trying."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop trying."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def refused_seconds(self) -> dict[str, float]:
        """Return the longest time between two sessions that were possible, for each host."""
        return self._longest

    def _try(self, host: str, conninfo: str) -> None:
        last = time.monotonic()
        while not self._done.wait(PERIOD_SECONDS):
            if _is_possible(conninfo):
                last = time.monotonic()
            self._longest[host] = max(self._longest[host], time.monotonic() - last)


def _is_possible(conninfo: str) -> bool:
    try:
        with psycopg.connect(conninfo, connect_timeout=5) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.Error:
        return False
