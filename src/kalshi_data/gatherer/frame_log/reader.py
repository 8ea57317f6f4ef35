"""Finds ranges of the frame log by number or by time."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog

from kalshi_data.gatherer.frame_log.format import Block, BrokenBlock, LogRecord, blocks, records
from kalshi_data.gatherer.frame_log.segment_times import FIRST_BLOCKS, SEGMENT_NS_MAX

log = structlog.get_logger()

PATTERN = "frames-*.zst"
# Files with other names, such as copies that people made, are no part of the log.
NAME = re.compile(r"frames-[0-9]{20}\.zst", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The exchange opened in 2021: an earlier time was written by a clock that was not set.
POSSIBLE_NS_MIN = 1_609_459_200_000_000_000
POSSIBLE_AHEAD_NS_MAX = 3_600_000_000_000
# Segments in which the last possible time is looked for.
LAST_SEGMENTS = 5


def segments(folder: Path) -> list[Path]:
    """Return the segment files in the order in which they were written: their names hold their first number."""
    return sorted(path for path in folder.glob(PATTERN) if NAME.fullmatch(path.name) and not path.is_dir())


def readable(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the segments that can be opened and read; log the others."""
    for path in paths:
        try:
            with path.open("rb") as file:
                file.read(1)
        except OSError as error:
            log.error("segment cannot be read, it is left out", segment=path.name, error=str(error))
        else:
            yield path


def first_number(segment: Path) -> int:
    """Return the number of a segment's first record."""
    return int(segment.stem.partition("-")[2])


def blocks_from(folder: Path, number: int) -> Iterator[Block]:
    """Yield the blocks that hold records from `number` on, oldest first."""
    paths = segments(folder)
    begin = max((index for index, path in enumerate(paths) if first_number(path) <= number), default=0)
    for path in paths[begin:]:
        try:
            yield from (block for block in blocks(path) if block.last_number >= number)
        except FileNotFoundError:
            log.warning("segment was removed while it was read", segment=path.name)
        except OSError as error:
            log.error("segment cannot be read, its frames are left out", segment=path.name, error=str(error))


def records_from(folder: Path, number: int, until: int | None = None) -> Iterator[LogRecord]:
    """Yield the records from `number` on and before `until`; log damaged blocks and leave them out."""
    for block in blocks_from(folder, number):
        if until is not None and block.first_number >= until:
            return
        try:
            for record in records(block):
                if record.number >= number and (until is None or record.number < until):
                    yield record
        except (BrokenBlock, OSError, ValueError) as error:
            log.error("block of the frame log cannot be read", segment=block.path.name, error=str(error))


def count_records(folder: Path, begin: int, until: int) -> int:
    """Return how many records the log holds from number `begin` on and before `until`.

    Each run begins with a number far beyond the last one of the run before it, so a difference of numbers is no count.
    """
    held = ((max(begin, each.first_number), min(until, each.last_number + 1)) for each in blocks_from(folder, begin))
    return sum(max(0, before - first) for first, before in held)


def numbers_between(folder: Path, begin_ns: int, end_ns: int) -> tuple[int, int] | None:
    """Return the first number of the blocks received in [begin_ns, end_ns), and the number after their last.

    Return None if there are no such blocks. The headers serve as the index, so no block is decompressed. After a
    clock was set back, blocks in between may hold other times.
    """
    found: list[Block] = []
    for path in readable(segments(folder)):
        begins = [block.first_ns for block in islice(blocks(path), FIRST_BLOCKS)]
        if any(begin_ns - SEGMENT_NS_MAX <= begin < end_ns for begin in begins):
            found += [block for block in blocks(path) if block.first_ns < end_ns and block.last_ns >= begin_ns]
    if not found:
        return None
    return min(block.first_number for block in found), max(block.last_number for block in found) + 1


def last_record(folder: Path) -> tuple[int, int] | None:
    """Return the number and receive time in ns of the last record of the newest whole block; None for an empty log."""
    for path in readable(reversed(segments(folder))):
        block = max(blocks(path), key=lambda block: block.last_number, default=None)
        if block is not None:
            return block.last_number, block.last_ns
    return None


def last_received_ns(folder: Path, now_ns: int) -> int:
    """Return when the last record with a possible time was received; 0 if there is none.

    Times long ago or in the future were written by a wrong clock.
    """
    for path in readable(segments(folder)[: -LAST_SEGMENTS - 1 : -1]):
        possible = [block.last_ns for block in blocks(path) if is_possible(block.last_ns, now_ns)]
        if possible:
            return possible[-1]
    return 0


def is_possible(at_ns: int, now_ns: int) -> bool:
    """Return whether a record can be of this time: times long ago or in the future were written by a wrong clock."""
    return POSSIBLE_NS_MIN <= at_ns <= now_ns + POSSIBLE_AHEAD_NS_MAX


def to_ns(moment: datetime) -> int:
    """Return a time as ns since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000
