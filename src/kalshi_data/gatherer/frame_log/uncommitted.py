"""Which frames of a log were never committed, whatever position the database has.

A log that lost its end, or was lost, continues with numbers below the database's position if the clock was set back.
So a run notes its first number on the disk, and removes the note when the database knows that these frames are due.
"""

import contextlib
import os
from pathlib import Path

FILE = "uncommitted-from"


class UncommittedNote:
    """The note in one folder; `number` is the first frame that was never committed, None if the database decides."""

    def __init__(self, folder: Path) -> None:
        """Prepare to read and write the note of `folder`."""
        self._path = folder / FILE
        self.number: int | None = None

    def begin(self, first: int) -> None:
        """Note the first number of this run, unless an earlier run noted a lower one and never reached the database."""
        try:
            self.number = int(self._path.read_text())
        except (OSError, ValueError):
            self.number = first
            # Without the note, an outage that outlasts this run can cost rows; without this run, it costs frames.
            with contextlib.suppress(OSError):
                self._write(first)

    def remove(self) -> None:
        """Leave it to the database what is committed."""
        self.number = None
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self, first: int) -> None:
        new = self._path.with_suffix(".new")
        with new.open("w") as file:
            file.write(str(first))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
