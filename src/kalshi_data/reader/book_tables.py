"""Reads the order books of all markets at one moment."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.all_books.clocked_books import COLUMNS, ENCODED, ClockedBooks
from kalshi_data.reader.all_books.hour_bases import CHECKPOINT_COLUMNS, SNAPSHOT_COLUMNS, hour_bases, last_in_order
from kalshi_data.reader.all_books.ruled_books import BASE_COLUMNS, CHANGE_COLUMNS, ORDER, books, last_of_each
from kalshi_data.reader.files.hour_files import HourFile, runs
from kalshi_data.reader.files.missing_hours import described
from kalshi_data.reader.files.scanning import FileRows, RowSelection
from kalshi_data.reader.files.selection import Names, patterns
from kalshi_data.reader.listings import ListingReader
from kalshi_data.reader.market_reader import CHECKPOINTS, DELTAS, SNAPSHOTS
from kalshi_data.reader.market_rows import SKEW_US_MAX
from kalshi_data.reader.rows import row_filter
from kalshi_data.reader.times import DAY, HOUR, Moment, microseconds

compute: Any = pyarrow.compute


class BookTableReader(ListingReader):
    """Reads all order books at once."""

    def books_at(self, at: Moment, markets: Names | None = None) -> pa.Table:
        """Return every market's order book at a moment, as `book` returns each with `over_gaps`.

        Columns: market_ticker, side ("yes" or "no"), price in US dollars on the scale of that side, size in contracts;
        the best first. A market whose book is known and empty is a row of nulls; one that is not there is not known.
        Where the archive has the books of the beginning of the hour, markets that had closed by then are left out.

        Raises:
            ArchiveError: the archive lacks the hour of the moment.

        Example:
            >>> found = archive.books_at("2026-11-02T15:30", markets="KXFED-*")
            >>> [(row["side"], str(row["price"]), str(row["size"])) for row in found.to_pylist()]
            [('no', '0.300000', '5.000000')]
        """
        at_us = microseconds(at)
        wanted = patterns(markets, None)
        hour = at_us - at_us % HOUR
        self._require_hour(hour)
        files, _ = self._folder.files(CHECKPOINTS, hour, hour + 1)
        if not files:
            return self._from_snapshots(at_us, wanted)
        bases, doubtful = self._hour_bases(at_us, self._checkpoints(files, hour, wanted), wanted)
        held = ClockedBooks(bases, at_us)
        changed, _ = self._folder.files(DELTAS, hour, at_us + 1)
        for batch in FileRows(self._folder, changed, self._clocked(hour, at_us, wanted)).batches():
            held.add(batch)
        doubtful |= set(held.names(held.doubtful))
        if not doubtful:
            return held.table()
        parts = [held.table(), self._from_snapshots(at_us, sorted(doubtful))]
        return pa.concat_tables(parts).sort_by(ORDER)

    def _require_hour(self, hour: int) -> None:
        """Report if the archive lacks the hour."""
        for stream in (SNAPSHOTS, DELTAS):
            if self._folder.files(stream, hour, hour + 1)[1]:
                raise ArchiveError(f"the archive has no {stream} {described([hour], HOUR)}: choose another moment")

    def _checkpoints(self, files: Sequence[HourFile], hour: int, wanted: Sequence[str] | None) -> pa.Table:
        """Return the books at the beginning of an hour."""
        chosen = row_filter(CHECKPOINTS, hour, hour + 1, wanted)
        selection = RowSelection(CHECKPOINTS, CHECKPOINT_COLUMNS, chosen, is_selective=True)
        return FileRows(self._folder, files, selection).table()

    def _hour_bases(self, at_us: int, checkpoints: pa.Table, wanted: Sequence[str] | None) -> tuple[pa.Table, set[str]]:
        """Return what books begin with, of rows of one hour, and the markets of which that is not enough.

        Those are the ones without a clock, and those whose snapshot may be followed by changes of the hour before.
        """
        hour = at_us - at_us % HOUR
        files, _ = self._folder.files(SNAPSHOTS, hour, at_us + 1)
        chosen = row_filter(SNAPSHOTS, hour, at_us + 1, wanted)
        rows = FileRows(self._folder, files, RowSelection(SNAPSHOTS, SNAPSHOT_COLUMNS, chosen, is_selective=False))
        parts = [last_in_order(pa.Table.from_batches([batch])) for batch in rows.batches()]
        return hour_bases(last_in_order(pa.concat_tables([rows.schema.empty_table(), *parts])), checkpoints, hour)

    def _clocked(self, hour: int, at_us: int, wanted: Sequence[str] | None) -> RowSelection:
        """Return the selection of the changes of an hour until a moment."""
        if wanted is None:
            return RowSelection(DELTAS, COLUMNS, None, is_selective=False, encoded=ENCODED)
        chosen = row_filter(DELTAS, hour, at_us + 1, wanted)
        return RowSelection(DELTAS, COLUMNS, chosen, is_selective=True)

    def _from_snapshots(self, at_us: int, wanted: Sequence[str] | None) -> pa.Table:
        """Return books that begin with snapshots, however old, by the whole rule of production's book_at."""
        bases = self._bases(at_us, wanted)
        first_us = compute.min(bases["received_at"].cast(pa.int64())).as_py() if bases.num_rows else at_us
        files, missing = self._folder.files(DELTAS, first_us - SKEW_US_MAX + 1, at_us + 1)
        # A market whose changes since its snapshot are missing is not known.
        for _, end in runs(missing, HOUR):
            bases = bases.filter(compute.greater_equal(bases["received_at"].cast(pa.int64()), end))
        chosen = row_filter(DELTAS, first_us - SKEW_US_MAX + 1, at_us + 1, wanted)
        selection = RowSelection(DELTAS, CHANGE_COLUMNS, chosen, is_selective=False)
        return books(bases, FileRows(self._folder, files, selection).batches(), at_us)

    def _bases(self, at_us: int, wanted: Sequence[str] | None) -> pa.Table:
        """Return the last snapshot of each market that was received by a moment, in the hour or within a day before."""
        files, _ = self._folder.files(SNAPSHOTS, at_us - at_us % DAY - DAY, at_us + 1)
        chosen = row_filter(SNAPSHOTS, files[0].begin_us, at_us + 1, wanted)
        selection = RowSelection(SNAPSHOTS, BASE_COLUMNS, chosen, is_selective=False)
        found = FileRows(self._folder, files, selection).schema.empty_table()
        for file in reversed(files):
            rows = FileRows(self._folder, [file], selection).table()
            found = pa.concat_tables([found, last_of_each(rows, found)])
        return found.combine_chunks()
