"""Lets the clock of a Python program be wrong by what a file says; its folder must be in PYTHONPATH when it starts.

The file holds seconds, which may change while the program runs. Only the time of day is wrong, no measured duration.
"""

import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

POLL_SECONDS = 0.05
FILE = Path(os.environ["STEPPED_CLOCK_FILE"])


def follow() -> None:
    """Step the clock each time the file changes."""
    travel, before = None, 0.0
    while True:
        seconds = before
        with suppress(OSError, ValueError):
            seconds = float(FILE.read_text())
        if seconds != before:
            if travel:
                travel.stop()
            travel, before = None, seconds
            if seconds:
                travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True)
                travel.start()
        time.sleep(POLL_SECONDS)


threading.Thread(target=follow, daemon=True).start()
