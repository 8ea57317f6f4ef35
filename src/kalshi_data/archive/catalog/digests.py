"""The sha256 of each file in a table, as of its registration: Iceberg knows only sizes and counts.

The digests lie beside the table's metadata. The name of the file contains its own digest, and a property of the table
names it, so that each commit changes files and digests at once. The file before it is removed after the commit.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress

import msgspec
from pyiceberg.io import FileIO
from pyiceberg.table import Table, Transaction

PROPERTY, FORMER = "kalshi-data.digests", "kalshi-data.former-digests"


def read_digests(table: Table) -> dict[str, str]:
    """Return the digests by the locations of files; empty if they are lost, so that every file is registered again."""
    location = table.properties.get(PROPERTY)
    if location is None:
        return {}
    with suppress(FileNotFoundError, msgspec.DecodeError), table.io.new_input(location).open() as opened:
        content = opened.read()
        if digests_location(table, content) == location:
            return msgspec.json.decode(content, type=dict[str, str])
    return {}


def write_digests(table: Table, transaction: Transaction, digests: Mapping[str, str]) -> None:
    """Write the digests, and name them in the transaction."""
    content = msgspec.json.encode(dict(sorted(digests.items())))
    location = digests_location(table, content)
    with table.io.new_output(location).create(overwrite=True) as opened:
        opened.write(content)
    former = table.properties.get(PROPERTY, "")
    transaction.set_properties({PROPERTY: location, FORMER: former if former != location else ""})


def remove_former_digests(table: Table) -> None:
    """Remove the digests of before the last commit, unless that is done."""
    location = table.properties.get(FORMER)
    if location and location != table.properties.get(PROPERTY):
        remove(table.io, location)


def digests_location(table: Table, content: bytes) -> str:
    """Return where digests lie."""
    return f"{table.location()}/metadata/digests-{hashlib.sha256(content).hexdigest()[:32]}.json"


def remove(io: FileIO, location: str) -> None:
    """Remove a file that may be gone already."""
    with suppress(FileNotFoundError):
        io.delete(location)
