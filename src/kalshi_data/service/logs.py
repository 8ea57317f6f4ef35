"""Logs: lines on a terminal, JSON objects elsewhere; they hold counts and identifiers, never rows or secrets."""

import logging
import sys
from typing import TextIO

import structlog


class LineLogger:
    """Writes lines; if they cannot be written, as on a full disk, it drops them and the program goes on."""

    def __init__(self, file: TextIO) -> None:
        """Write to `file`."""
        self._file = file
        self.lines_dropped = 0

    def msg(self, line: str) -> None:
        """Write a line at once, or drop it."""
        try:
            self._file.write(f"{line}\n")
            self._file.flush()
        except (OSError, ValueError):
            self.lines_dropped += 1

    # structlog calls the method that is named like the level.
    debug = info = warning = error = critical = msg


def set_up_logs(program: str, *, verbose: bool = False) -> None:
    """Write every log line of this process to standard error, with the program's name."""
    terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not terminal:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=lambda *_: LineLogger(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(program=program)
