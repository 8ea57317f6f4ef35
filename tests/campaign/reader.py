"""A reader who polls production all the time, and notes each row that it saw once and does not see again."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from kalshi_data.database.connection import connect
from tests.campaign.servers import HurtServer

POLL_SECONDS = 1.0
STATEMENT_SECONDS_MAX = 20
QUERY = (Path(__file__).parent / "sql" / "read_rows.sql").read_bytes()
Rows = dict[tuple[str, str], int]
NAMED_MAX = 5


class PollingReader:
    """Polls in a thread of its own while its context lasts; a server that is down is asked again."""

    def __init__(self, server: HurtServer) -> None:
        """Read from production without any line between."""
        self._conninfo = server.server.conninfo("kalshi")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._most: Rows = {}
        self._vanished: dict[tuple[str, str], str] = {}
        self.polls = 0

    def __enter__(self) -> Self:
        """Begin to poll."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Poll no more."""
        self._stop.set()
        self._thread.join()

    def vanished(self) -> Iterator[str]:
        """Read once more, and yield what vanished in between or until now."""
        self._look()
        for number, (key, text) in enumerate(self._vanished.items()):
            if number == NAMED_MAX:
                yield f"and {len(self._vanished) - NAMED_MAX} more rows vanished"
                return
            yield f"{' '.join(key)}: {text}"

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            with suppress(psycopg.Error):
                self._look()

    def _look(self) -> None:
        with connect(
            self._conninfo, application_name="reader", statement_seconds_max=STATEMENT_SECONDS_MAX
        ) as connection:
            found: Rows = {(kind, known_by): rows for kind, known_by, rows in connection.execute(QUERY).fetchall()}
        self.polls += 1
        for key, most in self._most.items():
            if found.get(key, 0) < most:
                self._vanished.setdefault(key, f"{most} rows were seen, then {found.get(key, 0)} at {time.time():.1f}")
        self._most |= {key: max(rows, self._most.get(key, 0)) for key, rows in found.items()}
