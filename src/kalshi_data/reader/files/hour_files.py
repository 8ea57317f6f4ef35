"""The files of an archive: the name of each hour's file is computed, so nothing is listed."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.fs

from kalshi_data.archive.schemas import ARCHIVED, ArchiveStream
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.times import DAY, HOUR, instant

filesystems: Any = pyarrow.fs
STREAMS = {stream.name: stream for stream in ARCHIVED}
# A range of more hours is a mistake: ten years.
HOURS_MAX = 10 * 366 * 24
SECONDS_MAX = {"connect_timeout": 10.0, "request_timeout": 60.0}
# Files that a store is asked for at once.
REQUESTS_AT_ONCE = 8


class HourFile(NamedTuple):
    """A file that exists: its path, its bytes, and the beginning of its hour or day in microseconds."""

    path: str
    byte_count: int
    begin_us: int


def ignore(_done: int, _of: int) -> None:
    """Show no progress."""


class ArchiveFolder:
    """The folder, or the bucket and prefix, that holds the streams."""

    def __init__(self, place: str | Path, progress: Callable[[int, int], None] = ignore, **options: Any) -> None:
        """Open a place without any request to it.

        Raises:
            ArchiveError: the folder does not exist or holds no stream, or the address is of another kind or without a
                bucket.
        """
        self.progress = progress
        self.filesystem: Any
        text = str(place)
        if not text or (text.startswith("s3://") and text[5:6] in ("", "/")):
            raise ArchiveError(f"{text!r} is no archive: name a folder or s3://BUCKET/PREFIX")
        self.is_remote = text.startswith("s3://")
        if self.is_remote:
            self.filesystem, self.root = s3_filesystem(**options), text.removeprefix("s3://").rstrip("/")
            return
        if "://" in text and not text.startswith("file://"):
            raise ArchiveError(f"{text} is no archive: name a folder or s3://BUCKET/PREFIX")
        folder = Path(text.removeprefix("file://")).absolute()
        require_archive(folder)
        # An exporter writes below the prefix parquet/.
        self.filesystem, self.root = filesystems.LocalFileSystem(), str(inner_folder(folder))

    def files(self, stream: str, begin_us: int, until_us: int) -> tuple[list[HourFile], list[int]]:
        """Return the files that can hold times of [begin, until), and the hours or days whose files do not exist.

        Raises:
            ArchiveError: the store cannot be asked, or the range is too long.
        """
        begins = list(range(begin_us - begin_us % width(stream), until_us, width(stream)))
        if len(begins) > HOURS_MAX:
            raise ArchiveError(f"the range has {len(begins):,} hours: choose one of at most {HOURS_MAX:,}")
        infos = self._ask_for([self.path(stream, each) for each in begins])
        exists = [each.type == filesystems.FileType.File for each in infos]
        pairs = list(zip(infos, begins, exists, strict=True))
        found = [HourFile(info.path, info.size, begin) for info, begin, is_file in pairs if is_file]
        return found, [begin for _, begin, is_file in pairs if not is_file]

    def path(self, stream: str, begin_us: int) -> str:
        """Return the path of the file of an hour, or of a day if the stream is written once a day."""
        hour = instant(begin_us)
        folder = f"{self.root}/{stream}/date={hour:%Y-%m-%d}"
        return f"{folder}/part-0.parquet" if width(stream) == DAY else f"{folder}/hour={hour:%H}/part-0.parquet"

    def manifests(self, stream: str) -> list[str]:
        """Return the paths of a stream's manifests, which takes a request to list them.

        Raises:
            ArchiveError: the store cannot be asked.
        """
        selector = filesystems.FileSelector(f"{self.root}/_manifests/{stream}", recursive=True, allow_not_found=True)
        found = self._ask(selector)
        return sorted(each.path for each in found if each.path.endswith(".json"))

    def read(self, path: str) -> bytes:
        """Return the contents of a file.

        Raises:
            ArchiveError: it cannot be read.
        """
        try:
            with self.filesystem.open_input_stream(path) as file:
                return file.read()
        except OSError as error:
            raise unreadable(path, error) from error

    def _ask_for(self, paths: Sequence[str]) -> Sequence[Any]:
        """Return what is known of files, which takes a request each to a bucket: several at once."""
        if len(paths) < 2 or not self.is_remote:
            return self._ask(paths)
        with ThreadPoolExecutor(min(len(paths), REQUESTS_AT_ONCE), thread_name_prefix="files") as pool:
            answers = pool.map(self._ask, [[path] for path in paths])
            return [info for found in answers for info in found]

    def _ask(self, what: Any) -> Sequence[Any]:
        try:
            return self.filesystem.get_file_info(what)
        except OSError as error:
            raise unreadable(self.root, error) from error


def unreadable(path: str, error: Exception) -> ArchiveError:
    """Return the error for a file or a store that cannot be read."""
    text = " ".join(str(error).split())
    return ArchiveError(f"{path} cannot be read: check the address, the network and the right to it: {text}")


def width(stream: str) -> int:
    """Return how long the time of one file is, in microseconds.

    Raises:
        ArchiveError: there is no such stream.
    """
    return stream_named(stream).hours * HOUR


def stream_named(stream: str) -> ArchiveStream:
    """Return a stream of the archive.

    Raises:
        ArchiveError: there is no such stream.
    """
    if stream not in STREAMS:
        raise ArchiveError(f"the archive has no stream {stream}: choose one of {', '.join(STREAMS)}")
    return STREAMS[stream]


def inner_folder(folder: Path) -> Path:
    """Return the folder of the streams if the folder above it is named."""
    inner = folder / "parquet"
    return inner if inner.is_dir() else folder


def require_archive(folder: Path) -> None:
    """Require that a folder holds a stream.

    Raises:
        ArchiveError: it does not.
    """
    inner = inner_folder(folder)
    if not any((inner / name).is_dir() for name in STREAMS):
        problem = "holds no stream of an archive" if folder.is_dir() else "is no folder"
        raise ArchiveError(f"{folder} {problem}: name the folder that holds trades, orderbook_deltas and so on")


def s3_filesystem(**options: Any) -> Any:
    """Return an S3 file system with bounded waits; the scheme of `endpoint_override` counts."""
    endpoint = options.get("endpoint_override")
    if endpoint and "://" in endpoint:
        scheme, _, rest = endpoint.partition("://")
        options = {**options, "scheme": scheme, "endpoint_override": rest}
    return filesystems.S3FileSystem(**{**SECONDS_MAX, **options})


def runs(begins: Sequence[int], width_us: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges that neighbouring hours make up.

    Example:
        >>> list(runs([0, 10, 30], 10))
        [(0, 20), (30, 40)]
    """
    first: int | None = None
    for number, begin in enumerate(begins):
        first = begin if first is None else first
        if number + 1 == len(begins) or begins[number + 1] != begin + width_us:
            yield first, begin + width_us
            first = None
