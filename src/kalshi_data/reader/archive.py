"""The archive as a reader opens it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kalshi_data.reader.files.hour_files import ArchiveFolder, ignore
from kalshi_data.reader.replaying.window_reader import WindowReader


class Archive(WindowReader):
    """An archive that is open for reading; nothing in it is ever changed."""


def open_archive(place: str | Path, progress: Callable[[int, int], None] = ignore, **s3: Any) -> Archive:
    """Open an archive in a folder or in a bucket; nothing is listed or read yet.

    Args:
        place: The folder, or s3://BUCKET/PREFIX, that holds `trades`, `orderbook_deltas` and so on.
        progress: Called with the number of files read and to read, while several are read.
        **s3: Options of pyarrow.fs.S3FileSystem: `region`, `anonymous`, `endpoint_override`, `access_key` and so on.

    Raises:
        ArchiveError: the folder does not exist, or holds no stream of an archive.

    Example:
        >>> open_archive(folder).trades("2026-11-02T15:00", "2026-11-02T16:00").num_rows
        4
    """
    return Archive(ArchiveFolder(place, progress, **s3))
