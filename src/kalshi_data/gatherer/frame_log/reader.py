"""Finds ranges of the frame log by number or by time."""

from collections.abc import Iterator
from pathlib import Path

import structlog

from kalshi_data.gatherer.frame_log.format import Block, BrokenBlock, LogRecord, blocks, records

log = structlog.get_logger()

PATTERN = "frames-*.zst"


def segments(folder: Path) -> list[Path]:
    """Return the segment files in the order in which they were written: their names hold their first number."""
    return sorted(folder.glob(PATTERN))


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


def records_from(folder: Path, number: int, until: int | None = None) -> Iterator[LogRecord]:
    """Yield the records from `number` on and before `until`; log damaged blocks and leave them out."""
    for block in blocks_from(folder, number):
        if until is not None and block.first_number >= until:
            return
        try:
            for record in records(block):
                if record.number >= number and (until is None or record.number < until):
                    yield record
        except (BrokenBlock, FileNotFoundError, ValueError) as error:
            log.error("block of the frame log cannot be read", segment=block.path.name, error=str(error))


def numbers_between(folder: Path, begin_ns: int, end_ns: int) -> tuple[int, int] | None:
    """Return the first number of the blocks received in [begin_ns, end_ns), and the number after their last.

    Return None if there are no such blocks. The headers serve as the index, so no block is decompressed.
    """
    paths = segments(folder)
    begins = [next((block.first_ns for block in blocks(path)), None) for path in paths]
    found: list[Block] = []
    for index, path in enumerate(paths):
        following = next((begin for begin in begins[index + 1 :] if begin is not None), None)
        begin = begins[index]
        if begin is None or begin >= end_ns or (following is not None and following < begin_ns):
            continue
        found += [block for block in blocks(path) if block.first_ns < end_ns and block.last_ns >= begin_ns]
    if not found:
        return None
    return min(block.first_number for block in found), max(block.last_number for block in found) + 1


def last_record(folder: Path) -> tuple[int, int] | None:
    """Return the number and receive time in ns of the last record of the newest whole block; None for an empty log."""
    for path in reversed(segments(folder)):
        block = max(blocks(path), key=lambda block: block.last_number, default=None)
        if block is not None:
            return block.last_number, block.last_ns
    return None
