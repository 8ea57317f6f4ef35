"""The rows of the archive's streams as Arrow tables."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.dataset

from kalshi_data.archive.schemas import TIME
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.files.hour_files import ArchiveFolder, HourFile, stream_named
from kalshi_data.reader.files.known_objects import known_objects
from kalshi_data.reader.files.missing_hours import report_missing
from kalshi_data.reader.files.scanning import FileRows, RowSelection
from kalshi_data.reader.files.selection import Names, listed, named, patterns
from kalshi_data.reader.times import Moment, span

field: Any = pyarrow.dataset.field


class RowReader:
    """Reads the rows of streams by time and market."""

    def __init__(self, folder: ArchiveFolder) -> None:
        """Read from an open folder or bucket."""
        self._folder = folder

    def trades(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return the trades of [start, end); prices in US dollars, sizes in contracts, times in UTC microseconds.

        Args:
            start: The first moment, UTC if it has no offset.
            end: The moment after the last one.
            markets: Tickers, or patterns such as "KXFED-*"; all markets if neither these nor those below are given.
            **chosen: `series` (such as "KXFED"), `categories` (such as "Economics") and `columns`.

        Raises:
            ArchiveError: the archive has no hour of the range, or a file cannot be read.

        Example:
            >>> found = archive.trades("2026-11-02T15:00", "2026-11-02T16:00", "KXHIGHNY-*", columns=["yes_price"])
            >>> found["yes_price"].to_pylist()
            [Decimal('0.450000'), Decimal('0.430000'), Decimal('0.440000')]
        """
        return self.rows("trades", start, end, markets, **chosen)

    def deltas(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return the changes of order books, as `trades` does; `price` is on the scale of its own `side`.

        Example:
            >>> archive.deltas("2026-11-02T15:00", "2026-11-02T16:00", "KXHIGHNY-26NOV02-T56").num_rows
            4
        """
        return self.rows("orderbook_deltas", start, end, markets, **chosen)

    def snapshots(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return the snapshots of order books by the time of receipt, as `trades` does.

        Example:
            >>> archive.snapshots("2026-11-02T15:00", "2026-11-02T16:00", columns=["market_ticker", "clock"]).num_rows
            3
        """
        return self.rows("orderbook_snapshots", start, end, markets, **chosen)

    def tickers(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return the exchange's summaries of markets (best prices, volume, open interest), as `trades` does.

        Example:
            >>> archive.tickers("2026-11-02T15:00", "2026-11-02T16:00", series="KXHIGHNY")["yes_bid"].to_pylist()
            [Decimal('0.420000')]
        """
        return self.rows("tickers", start, end, markets, **chosen)

    def lifecycle(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return the events in the life of markets and events, such as "determined", as `trades` does.

        Example:
            >>> archive.lifecycle("2026-11-02T15:00", "2026-11-02T16:00")["kind"].to_pylist()
            ['determined']
        """
        return self.rows("lifecycle_events", start, end, markets, **chosen)

    def index_values(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return the values of indexes by the time of their source; `markets` are names of indexes here.

        Example:
            >>> archive.index_values("2026-11-02T15:00", "2026-11-02T16:00").num_rows
            0
        """
        return self.rows("index_values", start, end, markets, **chosen)

    def rows(
        self,
        stream: str,
        start: Moment,
        end: Moment,
        markets: Names | None = None,
        *,
        series: Names | None = None,
        categories: Names | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return the rows of any stream that has a time, in the order of their hours, then by market and time.

        Raises:
            ArchiveError: the archive has no hour of the range, or a file cannot be read.

        Example:
            >>> archive.rows("trades", "2026-11-02T15:00", "2026-11-02T16:00", columns=["size"]).num_rows
            4
        """
        begin, until = span(start, end)
        wanted = self._markets(markets, series, categories, until)
        files = self._present(stream, begin, until)
        return self.read(stream, files, (begin, until), wanted, columns)

    def scan(
        self,
        stream: str,
        start: Moment,
        end: Moment,
        markets: Names | None = None,
        *,
        series: Names | None = None,
        categories: Names | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.RecordBatchReader:
        """Return the rows of `rows` in batches, for ranges that are larger than memory.

        Example:
            >>> reader = archive.scan("trades", "2026-11-02T15:00", "2026-11-02T16:00", columns=["size"])
            >>> sum(batch.num_rows for batch in reader)
            4
        """
        begin, until = span(start, end)
        wanted = self._markets(markets, series, categories, until)
        files = self._present(stream, begin, until)
        selection = RowSelection(
            stream, columns, row_filter(stream, begin, until, wanted), is_selective=wanted is not None
        )
        rows = FileRows(self._folder, files, selection)
        return pa.RecordBatchReader.from_batches(rows.schema, rows.batches())

    def read(
        self,
        stream: str,
        files: Sequence[HourFile],
        range_us: tuple[int, int],
        wanted: Sequence[str] | None,
        columns: Sequence[str] | None,
    ) -> pa.Table:
        """Return the rows of files that a range in microseconds and names of markets select."""
        selection = RowSelection(
            stream, columns, row_filter(stream, *range_us, wanted), is_selective=wanted is not None
        )
        return FileRows(self._folder, files, selection).table()

    def _present(self, stream: str, begin: int, until: int) -> list[HourFile]:
        """Return the files of a range; warn of hours without one.

        Raises:
            ArchiveError: there is no file at all.
        """
        files, missing = self._folder.files(stream, begin, until)
        report_missing(stream, missing, has_files=bool(files))
        return files

    def _markets(
        self, markets: Names | None, series: Names | None, categories: Names | None, until: int
    ) -> list[str] | None:
        wanted = patterns(markets, series)
        if categories is None:
            return wanted
        return [*(wanted or []), *(f"{each}-*" for each in self._series_of(listed(categories), until))]

    def _series_of(self, categories: Sequence[str], until: int) -> list[str]:
        """Return the series of categories, as they are known at a time.

        Raises:
            ArchiveError: the archive has no listing of series of that time.
        """
        rows = known_objects(self._folder, "series", until).rows
        return cast("list[str]", rows.filter(named("category", categories))["ticker"].to_pylist())


def row_filter(stream: str, begin: int, until: int, wanted: Sequence[str] | None) -> Any:
    """Return the filter for the rows of a range in microseconds, and of markets.

    Raises:
        ArchiveError: the stream has no time, since each of its files is a whole listing.
    """
    of = stream_named(stream)
    if of.time_column is None:
        raise ArchiveError(f"{stream} is a listing of each day: ask markets(at), or read its files")
    first, last = (pa.scalar(each, pa.int64()).cast(TIME) for each in (begin, until))
    found = (field(of.time_column) >= first) & (field(of.time_column) < last)
    # Each stream's files are sorted by the name of what its rows belong to.
    return found if wanted is None else found & named(of.order[0], wanted)
