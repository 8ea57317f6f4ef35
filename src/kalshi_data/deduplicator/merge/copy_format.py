"""Rows in PostgreSQL's binary COPY format, of which batches consist."""

import struct

SIGNATURE_BYTES = 11
# The signature, the flags, and the length of an extension that follows.
HEADER = struct.Struct(f">{SIGNATURE_BYTES}sii")
FIELD_COUNT = struct.Struct(">h")
FIELD_LENGTH = struct.Struct(">i")
TRAILER = FIELD_COUNT.pack(-1)
# A row ends with its position, and the whole with two bytes more.
POSITION = slice(-10, -2)
POSITION_OF_ROW = slice(-8, None)


def split_rows(received: bytes) -> tuple[bytes, list[bytes]]:
    """Return the header and each row of a batch.

    Raises:
        struct.error: the batch is cut off.
    """
    _, _, extension = HEADER.unpack_from(received)
    begin = place = HEADER.size + extension
    header, rows = received[:begin], list[bytes]()
    while (fields := FIELD_COUNT.unpack_from(received, place)[0]) >= 0:
        place += FIELD_COUNT.size
        for _ in range(fields):
            (length,) = FIELD_LENGTH.unpack_from(received, place)
            # A null has the length -1 and no bytes.
            place += FIELD_LENGTH.size + max(length, 0)
        rows.append(received[begin:place])
        begin = place
    return header, rows


def join_rows(header: bytes, rows: list[bytes]) -> bytes:
    """Return a batch of rows."""
    return b"".join((header, *rows, TRAILER))
