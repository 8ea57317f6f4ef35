"""Log lines that cannot be written end nothing."""

import io
import os
import subprocess
import sys

from kalshi_data.service.logs import LineLogger

PROGRAM = """
import structlog
from kalshi_data.service.logs import set_up_logs
set_up_logs("gatherer")
for _ in range(2):
    structlog.get_logger().error("the disk is full", path="/frames")
print("goes on")
"""


class FullDisk(io.StringIO):
    """A file that takes nothing."""

    def write(self, text: str, /) -> int:
        raise OSError(28, "No space left on device")


def test_lines_that_cannot_be_written_are_dropped_and_counted() -> None:
    logger = LineLogger(FullDisk())
    logger.error("one")
    logger.info("two")
    assert logger.lines_dropped == 2

    closed = io.StringIO()
    closed.close()
    LineLogger(closed).warning("three")


def test_a_program_goes_on_if_its_log_cannot_be_written() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=writer, check=False)
    os.close(writer)
    assert done.stdout == b"goes on\n"


def test_a_line_is_written_at_once() -> None:
    written = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)
    assert written.stderr.count('"event": "the disk is full"') == 2
