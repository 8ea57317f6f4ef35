"""Reads the order books of all markets at one moment."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.all_books import BASE_COLUMNS, CHANGE_COLUMNS, books, last_of_each
from kalshi_data.reader.books import DELTAS, SNAPSHOTS
from kalshi_data.reader.files.hour_files import runs
from kalshi_data.reader.files.scanning import RowSelection, read_batches, read_tables, schema_of
from kalshi_data.reader.files.selection import Names, patterns
from kalshi_data.reader.listings import ListingReader
from kalshi_data.reader.market_rows import SKEW_US_MAX
from kalshi_data.reader.rows import described, row_filter
from kalshi_data.reader.times import DAY, HOUR, Moment, microseconds

compute: Any = pyarrow.compute


class BookTableReader(ListingReader):
    """Reads all order books at once."""

    def books_at(self, at: Moment, markets: Names | None = None) -> pa.Table:
        """Return every market's order book at a moment, as `book` returns each with `over_gaps`.

        Columns: market_ticker, side ("yes" or "no"), price in US dollars on the scale of that side, size in contracts;
        the best first. A market whose book is known and empty is a row of nulls; one that is not there is not known.

        Raises:
            ArchiveError: the archive lacks the hour of the moment.

        Example:
            >>> found = archive.books_at("2026-11-02T15:30", markets="KXFED-*")
            >>> [(row["side"], str(row["price"]), str(row["size"])) for row in found.to_pylist()]
            [('no', '0.300000', '5.000000')]
        """
        at_us = microseconds(at)
        wanted = patterns(markets, None)
        bases = self._bases(at_us, wanted)
        first_us = compute.min(bases["received_at"].cast(pa.int64())).as_py() if bases.num_rows else at_us
        files, missing = self._folder.files(DELTAS, first_us - SKEW_US_MAX + 1, at_us + 1)
        if at_us - at_us % HOUR in missing:
            raise ArchiveError(f"the archive has no {DELTAS} {described(missing[-1:], HOUR)}: choose another moment")
        # A market whose changes since its snapshot are missing is not known.
        for _, end in runs(missing, HOUR):
            bases = bases.filter(compute.greater_equal(bases["received_at"].cast(pa.int64()), end))
        chosen = row_filter(DELTAS, first_us - SKEW_US_MAX + 1, at_us + 1, wanted)
        selection = RowSelection(DELTAS, CHANGE_COLUMNS, chosen, is_selective=False)
        schema = schema_of(self._folder, files, selection)
        return books(bases, read_batches(self._folder, files, selection, schema), at_us)

    def _bases(self, at_us: int, wanted: Sequence[str] | None) -> pa.Table:
        """Return the last snapshot of each market that was received by a moment, in the hour or within a day before."""
        files, missing = self._folder.files(SNAPSHOTS, at_us - at_us % DAY - DAY, at_us + 1)
        if at_us - at_us % HOUR in missing:
            raise ArchiveError(f"the archive has no {SNAPSHOTS} {described(missing[-1:], HOUR)}: choose another moment")
        chosen = row_filter(SNAPSHOTS, files[0].begin_us, at_us + 1, wanted)
        selection = RowSelection(SNAPSHOTS, BASE_COLUMNS, chosen, is_selective=False)
        found = schema_of(self._folder, files, selection).empty_table()
        for file in reversed(files):
            (rows,) = read_tables(self._folder, [file], selection)
            found = pa.concat_tables([found, last_of_each(rows, found)])
        return found.combine_chunks()
