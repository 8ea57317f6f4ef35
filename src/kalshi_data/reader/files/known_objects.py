"""The exchange's series, events and markets as they were known at a moment."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset

from kalshi_data.archive.schemas import TIME, file_schema
from kalshi_data.errors import ListingMissing
from kalshi_data.reader.files.hour_files import ArchiveFolder, stream_named, width
from kalshi_data.reader.files.missing_hours import report_missing
from kalshi_data.reader.files.scanning import FileRows, RowSelection
from kalshi_data.reader.times import DAY, instant

compute: Any = pyarrow.compute
field: Any = pyarrow.dataset.field
# How far back a list is looked for. Each day has one, unless the platform was down.
LISTING_DAYS_MAX = 8


class KnownObjects(NamedTuple):
    """The newest state of each object, sorted by ticker, and since when messages may have changed what it says."""

    rows: pa.Table
    since_us: int


def known_objects(folder: ArchiveFolder, name: str, at_us: int) -> KnownObjects:
    """Return each object of a list, such as "markets", in the newest state that was fetched by a moment.

    The states are those of the last list that was written by then, and of the history since. Which one is the newest
    is decided as production does it: by the time of the change, then by when it was fetched.

    Raises:
        ListingMissing: the archive has neither a list nor a history of that time.
        ArchiveError: a file cannot be read.
    """
    found, since_us = list[pa.Table](), at_us - at_us % DAY - LISTING_DAYS_MAX * DAY
    for begin_us, table in _listings(folder, name, at_us):
        known = table.filter(_fetched_by(at_us))
        found.append(known)
        if 0 < known.num_rows == table.num_rows:
            # Its own states may have been merged late, so the history of the day before counts, too.
            since_us = begin_us - DAY
            break
    history = f"{name}_history"
    files, missing = folder.files(history, since_us, at_us + 1)
    if files:
        report_missing(history, [each for each in missing if files[0].begin_us < each < at_us], has_files=True)
    found.append(FileRows(folder, files, RowSelection(history, None, _fetched_by(at_us), is_selective=False)).table())
    if not any(each.num_rows for each in found):
        when = f"{instant(at_us):%Y-%m-%dT%H:%MZ}"
        raise ListingMissing(
            f"the archive has no listing of {name} of {when} or the days before: choose a later moment"
        )
    columns = file_schema(stream_named(name)).names
    table = pa.concat_tables([each.select(columns) for each in found], promote_options="permissive")
    return KnownObjects(table.take(newest(table)), since_us)


def fetched_between(folder: ArchiveFolder, name: str, after_us: int, until_us: int, columns: Sequence[str]) -> pa.Table:
    """Return the states of a list's objects that were fetched after a moment and by another one, in no order.

    Raises:
        ArchiveError: a file cannot be read.
    """
    wanted = (field("fetched_at") > pa.scalar(after_us, pa.int64()).cast(TIME)) & _fetched_by(until_us)
    found = list[pa.Table]()
    for each in (name, f"{name}_history"):
        files, _ = folder.files(each, after_us - after_us % width(each), until_us + 1)
        found.append(FileRows(folder, files, RowSelection(each, columns, wanted, is_selective=False)).table())
    return pa.concat_tables(found, promote_options="permissive")


def _listings(folder: ArchiveFolder, name: str, at_us: int) -> Iterator[tuple[int, pa.Table]]:
    """Yield the lists of the day of a moment and of the days before it, with the beginning of each day."""
    day = at_us - at_us % DAY
    files, _ = folder.files(name, day - (LISTING_DAYS_MAX - 1) * DAY, at_us + 1)
    for file in reversed(files):
        yield file.begin_us, FileRows(folder, [file], RowSelection(name, None, None, is_selective=False)).table()


def _fetched_by(at_us: int) -> Any:
    return field("fetched_at") <= pa.scalar(at_us, pa.int64()).cast(TIME)


def newest(table: pa.Table) -> list[int]:
    """Return the places of the newest state of each object, sorted by ticker.

    The newest with a time is the one changed last, then the one fetched last. A state without a time is newer if it was
    fetched later.

    Example:
        >>> import pyarrow as pa
        >>> times = {"updated_time": [5, 9, None], "fetched_at": [10, 10, 11], "body_sha256": [b"a", b"b", b"c"]}
        >>> newest(pa.table({"ticker": ["KXA-1", "KXA-1", "KXA-2"], **times}))
        [1, 2]
    """
    tickers = table["ticker"]
    counts = compute.value_counts(tickers)
    several = counts.field("values").filter(compute.greater(counts.field("counts"), 1))
    is_one_of_several = compute.is_in(tickers, value_set=several)
    compared, alone = (compute.indices_nonzero(each) for each in (is_one_of_several, compute.invert(is_one_of_several)))
    # Most objects have one state, and need no comparison.
    places: list[int] = [*alone.to_pylist(), *_newest_of(table.take(compared), compared.to_pylist())]
    order: list[int] = compute.sort_indices(tickers.take(pa.array(places, pa.int64()))).to_pylist()
    return [places[each] for each in order]


def _newest_of(table: pa.Table, places: Sequence[int]) -> list[int]:
    """Return those of the places of rows that hold the newest state of an object."""
    names = ("ticker", "updated_time", "fetched_at", "body_sha256")
    columns: list[Any] = [
        (table[each].cast(pa.int64()) if pa.types.is_timestamp(table[each].type) else table[each]).to_pylist()
        for each in names
    ]
    timed, untimed = dict[str, tuple[Any, ...]](), dict[str, tuple[Any, ...]]()
    for place, ticker, updated, fetched, sha256 in zip(places, *columns, strict=True):
        of, rank = (untimed, (fetched, sha256)) if updated is None else (timed, (updated, fetched, sha256))
        if ticker not in of or of[ticker][:-1] < rank:
            of[ticker] = (*rank, place)
    chosen = {ticker: found for ticker, found in untimed.items() if ticker not in timed or found[0] > timed[ticker][1]}
    return [found[-1] for found in {**timed, **chosen}.values()]
