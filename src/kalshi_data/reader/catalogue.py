"""What an archive holds: each stream with its columns, hours, rows and bytes, as its manifests have them."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.files.hour_files import STREAMS
from kalshi_data.reader.rows import RowReader

MANIFESTS_AT_ONCE = 16


class ColumnDescription(NamedTuple):
    """A column of a stream: its Arrow type, its unit, and the first version of the schema that has it."""

    type: str
    unit: str
    since: int


class StreamDescription(NamedTuple):
    """What the archive holds of a stream, from the beginning of its first file until the end of its last one.

    The times are None if there is no file.
    """

    name: str
    columns: Mapping[str, ColumnDescription]
    first_at: datetime | None
    until_at: datetime | None
    files: int
    rows: int
    bytes: int


class CatalogueReader(RowReader):
    """Reads what the archive says about itself."""

    def streams(self) -> dict[str, StreamDescription]:
        """Return each stream with its columns and their units, its time, rows and bytes.

        All manifests are read, some kilobytes each: about a second for a week of an archive in a folder.

        Raises:
            ArchiveError: a manifest cannot be read.

        Example:
            >>> trades = archive.streams()["trades"]
            >>> trades.rows, f"{trades.first_at:%H:%M} to {trades.until_at:%H:%M}", trades.columns["yes_price"].unit
            (4, '15:00 to 16:00', 'US dollars')
        """
        with ThreadPoolExecutor(MANIFESTS_AT_ONCE, thread_name_prefix="manifests") as pool:
            paths = {name: self._folder.manifests(name) for name in STREAMS}
            return {name: _describe(name, pool.map(self._manifest, found)) for name, found in paths.items()}

    def _manifest(self, path: str) -> dict[str, Any]:
        try:
            manifest = json.loads(self._folder.read(path))
            return {**manifest, "begins_at": datetime.fromisoformat(manifest["begins_at"])}
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ArchiveError(f"{path} is no manifest: write its hour again with export --again: {error}") from error


def _describe(name: str, manifests: Iterable[dict[str, Any]]) -> StreamDescription:
    held = list(manifests)
    begins = [each["begins_at"] for each in held]
    until = max(begins) + timedelta(hours=STREAMS[name].hours) if begins else None
    columns = {each.name: ColumnDescription(str(each.type), each.unit, each.since) for each in STREAMS[name].columns}
    counts = (sum(each.get(count, 0) for each in held) for count in ("rows", "bytes"))
    return StreamDescription(name, columns, min(begins, default=None), until, len(held), *counts)
