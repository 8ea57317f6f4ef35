"""Removes the oldest segments of the frame log when it exceeds its age or its size."""

import time
from itertools import pairwise
from pathlib import Path

import structlog

from kalshi_data.gatherer.frame_log.reader import first_number, segments
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings

log = structlog.get_logger()

# As many segments are removed for their age for each new one: a clock that is wrong for minutes removes few.
AGED_SEGMENTS_MAX = 2


def measure(folder: Path) -> tuple[int, float]:
    """Return the bytes of all segments, and when the oldest was last written in seconds since 1970, 0 for none."""
    found = [status for path in segments(folder) if (status := _status(path)) is not None]
    return sum(size for size, _ in found), min((moment for _, moment in found), default=0.0)


def drop_old(
    folder: Path,
    settings: FrameLogSettings,
    committed_until: int,
    needed: int = 0,
    aged_max: int = AGED_SEGMENTS_MAX,
) -> int:
    """Remove segments beyond the limits, but never the newest, and at most `aged_max` for their age; return how many.

    If `needed` bytes did not fit on the disk, remove the oldest segment too, provided that all of it is committed. The
    limit of size also removes segments that are not committed; that is logged as an error.
    """
    paths = segments(folder)
    sizes = {path: status for path in paths if (status := _status(path)) is not None}
    total = sum(size for size, _ in sizes.values()) + needed
    dropped = 0
    for path, following in pairwise(paths):
        size, written_at = sizes.get(path, (0, 0.0))
        committed = first_number(following) - 1 <= committed_until
        too_much = total > settings.bytes_max
        # A time in the future was written by a wrong clock.
        too_old = abs(time.time() - written_at) > settings.age_seconds_max and committed and dropped < aged_max
        if not (too_much or too_old or (needed and committed and not dropped)):
            break
        path.unlink(missing_ok=True)
        if not committed:
            log.error("frame log reached bytes_max before this segment was committed", segment=path.name)
        total -= size
        dropped += 1
    return dropped


def _status(path: Path) -> tuple[int, float] | None:
    """Return the size and the time of the last write; None if the file was deleted."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime
