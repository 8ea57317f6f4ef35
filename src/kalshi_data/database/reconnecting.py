"""Work on a database that continues after any error, of the database, of the network or of this program."""

import threading
from collections.abc import Callable

from kalshi_data.database.connection import Connection
from kalshi_data.service.retry import Backoff


def run_reconnecting(
    open_connection: Callable[[], Connection],
    work: Callable[[Connection], bool],
    failed: Callable[[Exception], None],
    stop: threading.Event,
    backoff: Backoff,
) -> None:
    """Call `work` with a connection until stop.

    `work` returns True when it has ended because of the stop or needs a fresh connection, and False if it cannot work
    yet, because another process holds its lock. After that, and after an error, which `failed` receives, the next
    connection is opened after a pause. `work` or `failed` resets `backoff` after a success.
    """
    while not stop.is_set():
        try:
            with open_connection() as connection:
                if work(connection):
                    continue
        except Exception as error:
            failed(error)
        stop.wait(backoff.next_seconds())
