r"""The format of a segment file: blocks of records, each compressed separately, so that a torn end costs one block.

A block is a zstd skippable frame with a header, followed by a zstd frame with the records. `zstd -dc SEGMENT` therefore
prints all records of a file, and `zstd -dc SEGMENT | grep TICKER` finds one. A record is a line
`<received, ns since 1970> <connection> <kind> <bytes of payload>`, the payload and a newline. The header has the number
of the first record; each later record has the next number.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import zstandard

# The magic number of a skippable frame. Source: the zstd format, RFC 8878 section 3.1.2.
SKIPPABLE = 0x184D2A50
# Magic number, length of the rest, first number, records, first and last receive time in ns, compressed bytes, CRC-32.
HEADER = struct.Struct("<IIqIqqII")
HEADER_REST_BYTES = HEADER.size - 8
BEGIN = struct.pack("<II", SKIPPABLE, HEADER_REST_BYTES)
LEVEL = 1


class Kind(IntEnum):
    """What a record holds."""

    FRAME = 0
    OPENED = 1
    SENT = 2
    CLOSED = 3
    REPAIRED = 4
    STARTED = 5
    # What is known of an open connection, so that the log can be read from here on.
    STATE = 6


# Nearly every record is a frame, and a plain number is written and compared faster than a member of an enumeration.
FRAME = int(Kind.FRAME)


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """One record: a frame as received, or what happened to a connection."""

    number: int
    received_ns: int
    connection_id: int
    kind: int
    payload: bytes


class Block(NamedTuple):
    """The place of a block in its file, and what it holds."""

    path: Path
    offset: int
    first_number: int
    records: int
    first_ns: int
    last_ns: int
    stored_bytes: int

    @property
    def last_number(self) -> int:
        """The number of the last record."""
        return self.first_number + self.records - 1


class BrokenBlock(Exception):
    """A block cannot be decompressed."""


def record_head(received_ns: int, connection_id: int, kind: int, payload_bytes: int) -> bytes:
    """Return the line that precedes a payload."""
    return b"%d %d %d %d\n" % (received_ns, connection_id, kind, payload_bytes)


def seal(raw: bytes | bytearray, first_number: int, records: int, first_ns: int, last_ns: int) -> bytes:
    """Return a compressed block of records with its header."""
    stored = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(raw)
    numbers = (SKIPPABLE, HEADER_REST_BYTES, first_number, records, first_ns, last_ns, len(stored))
    return HEADER.pack(*numbers, zlib.crc32(HEADER.pack(*numbers, 0))) + stored


def blocks(path: Path, offset: int = 0) -> Iterator[Block]:
    """Yield the whole blocks of a segment without reading their contents; leave a torn block at the end out.

    After a damaged header, go on with the next block.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while offset + HEADER.size <= size:
            block = _header(file, path, offset)
            if block is None:
                offset = _next_begin(file, offset + 1, size)
                continue
            offset += HEADER.size + block.stored_bytes
            if offset <= size:
                yield block


def _next_begin(file: BinaryIO, offset: int, size: int) -> int:
    """Return the offset at which the next block may start, or the file's size."""
    file.seek(offset)
    found = file.read().find(BEGIN)
    return size if found < 0 else offset + found


def _header(file: BinaryIO, path: Path, offset: int) -> Block | None:
    file.seek(offset)
    head = file.read(HEADER.size)
    *numbers, checksum = HEADER.unpack(head)
    if not head.startswith(BEGIN) or checksum != zlib.crc32(HEADER.pack(*numbers, 0)):
        return None
    _, _, first_number, records, first_ns, last_ns, stored_bytes = numbers
    return Block(path, offset, first_number, records, first_ns, last_ns, stored_bytes)


def records(block: Block) -> Iterator[LogRecord]:
    """Yield the records of a block.

    Raises:
        BrokenBlock: the contents are damaged; nothing is yielded.
        FileNotFoundError: the segment was deleted because of its age.
    """
    with block.path.open("rb") as file:
        file.seek(block.offset + HEADER.size)
        stored = file.read(block.stored_bytes)
    try:
        raw = zstandard.ZstdDecompressor().decompress(stored)
    except zstandard.ZstdError as error:
        raise BrokenBlock(f"{block.path.name} at {block.offset}: {error}") from error
    position = 0
    for number in range(block.first_number, block.first_number + block.records):
        end = raw.index(b"\n", position)
        received_ns, connection_id, kind, payload_bytes = map(int, raw[position:end].split())
        position = end + payload_bytes + 2
        yield LogRecord(number, received_ns, connection_id, kind, raw[end + 1 : position - 1])
