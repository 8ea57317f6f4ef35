"""Reads what a replay of a window needs: its rows in the order of time, the books before it, and its gaps."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset

from kalshi_data.archive.schemas import TIME
from kalshi_data.reader.all_books.ruled_books import BASE_COLUMNS, CHANGE_COLUMNS
from kalshi_data.reader.coverage import COVERAGE, JUDGED, MISSING, CoverageRun
from kalshi_data.reader.engines.backtests import BacktestReader
from kalshi_data.reader.files.hour_files import runs
from kalshi_data.reader.files.known_objects import fetched_between, newest
from kalshi_data.reader.files.scanning import FileRows, RowSelection
from kalshi_data.reader.files.selection import Names, named, patterns
from kalshi_data.reader.market_reader import CHECKPOINTS, DELTAS, SNAPSHOTS
from kalshi_data.reader.market_rows import whole
from kalshi_data.reader.replaying.opening_books import OpeningBooks, bases_of, opening_books
from kalshi_data.reader.replaying.time_slices import BYTES_MAX, TimeSlices
from kalshi_data.reader.rows import row_filter
from kalshi_data.reader.times import HOUR, Moment, microseconds, span

compute: Any = pyarrow.compute
field: Any = pyarrow.dataset.field
CHECKPOINT_COLUMNS = ("market_ticker", "at", "clock", "yes_levels", "no_levels", "last_change_at")
ID_COLUMNS = ("market_ticker", "market_id")
NEW_COLUMNS = ("ticker", "event_ticker", "body")
STATE_COLUMNS = (*NEW_COLUMNS, "updated_time", "fetched_at", "body_sha256")
GAP = "gap"


class WindowReader(BacktestReader):
    """Reads windows of time over all markets."""

    def in_time_order(
        self,
        stream: str,
        start: Moment,
        end: Moment,
        markets: Names | None = None,
        columns: Sequence[str] = (),
        bytes_max: int = BYTES_MAX,
    ) -> Iterator[pa.Table]:
        """Yield the rows of a stream in [start, end) in the order of time, as tables of at most some bytes.

        Rows of one moment keep the order of the files: changes of a market by clock. Texts that repeat may come as
        dictionaries. A table is larger than `bytes_max` only if its rows all have one time.

        Raises:
            ArchiveError: a file cannot be read.

        Example:
            >>> window = ("2026-11-02T15:00", "2026-11-02T16:00")
            >>> [rows["size"].to_pylist()[:2] for rows in archive.in_time_order("trades", *window, columns=["size"])]
            [[Decimal('4.000000'), Decimal('5.000000')]]
        """
        yield from TimeSlices(self._folder, stream, span(start, end), patterns(markets, None), columns, bytes_max)

    def opening_books(self, at: Moment, markets: Names | None = None) -> OpeningBooks:
        """Return the order books of open markets before a moment: without the changes at the moment itself.

        They begin with the stream `books` of the hour or with a later snapshot. A book may hold changes of the moment
        or a little later, which have no higher clock than the book. Gaps before the moment do not count.

        Raises:
            ArchiveError: the archive lacks the hour of the moment.

        Example:
            >>> found = archive.opening_books("2026-11-02T15:02")
            >>> found.get("KXHIGHNY-26NOV02-T56").yes
            {420000: 100000000, 410000: 50000000, 430000: 20000000}
        """
        at_us, wanted = microseconds(at), patterns(markets, None)
        hour = at_us - at_us % HOUR
        held, _ = self._folder.files(CHECKPOINTS, hour, hour + 1)
        checkpoints = self.read(CHECKPOINTS, held, (hour, hour + 1), wanted, CHECKPOINT_COLUMNS)
        in_hour = self._present(SNAPSHOTS, hour, hour + 1)
        snapshots = self.read(SNAPSHOTS, in_hour, (hour, max(at_us, hour + 1)), wanted, BASE_COLUMNS)
        bases = bases_of(snapshots, checkpoints)
        if at_us == hour:
            return opening_books(bases, (), at_us)
        selection = RowSelection(
            DELTAS, CHANGE_COLUMNS, row_filter(DELTAS, hour, at_us, wanted), is_selective=wanted is not None
        )
        files = self._present(DELTAS, hour, hour + 1)
        return opening_books(bases, FileRows(self._folder, files, selection).batches(), at_us)

    def new_markets(self, start: Moment, end: Moment, known: Any) -> pa.Table:
        """Return the markets of which the first state was fetched after `start` and by `end`, in their newest state.

        `known` is an array with the tickers of the markets before. Columns: ticker, event_ticker, body.

        Example:
            >>> first = archive.markets("2026-11-02T15:00")
            >>> archive.new_markets("2026-11-02T15:00", "2026-11-02T16:00", first["ticker"]).num_rows
            0
        """
        states = fetched_between(self._folder, "markets", microseconds(start), microseconds(end), STATE_COLUMNS)
        new = states.filter(compute.invert(compute.is_in(states["ticker"], value_set=known)))
        return new.take(pa.array(newest(new), pa.int64())).select(list(NEW_COLUMNS))

    def gaps(self, start: Moment, end: Moment, markets: Names | None = None) -> list[CoverageRun]:
        """Return the times of [start, end) in which rows are known to be lost, or whose files are missing.

        A missing hour is one of no market, in the state "missing".

        Example:
            >>> [(each.stream, each.state) for each in archive.gaps("2026-11-02T15:00", "2026-11-02T17:00")][:2]
            [('lifecycle_events', 'missing'), ('orderbook_deltas', 'missing')]
        """
        begin, until = span(start, end)
        found = self._gap_runs(begin, until, patterns(markets, None))
        for stream in JUDGED:
            _, missing = self._folder.files(stream, begin, until)
            found += [CoverageRun("", stream, *each, MISSING) for each in runs(missing, HOUR)]
        cut = (each._replace(from_us=max(each.from_us, begin), to_us=min(each.to_us, until)) for each in found)
        return sorted(cut, key=lambda each: (each.from_us, each.stream, each.market_ticker))

    def _gap_runs(self, begin: int, until: int, wanted: Sequence[str] | None) -> list[CoverageRun]:
        files, _ = self._folder.files(COVERAGE, begin - begin % HOUR, until)
        first, last = (pa.scalar(each, pa.int64()).cast(TIME) for each in (begin, until))
        chosen = (field("state") == GAP) & (field("from_at") < last) & (field("to_at") > first)
        if wanted is not None:
            chosen &= named("market_ticker", [*wanted, ""])
        columns = ("market_ticker", "stream", "from_at", "to_at", "state")
        found: list[CoverageRun] = []
        selection = RowSelection(COVERAGE, columns, chosen, is_selective=True)
        for table in FileRows(self._folder, files, selection).tables():
            names: list[Any] = [table[each].to_pylist() for each in columns[:2]]
            rows = zip(*names, whole(table["from_at"]), whole(table["to_at"]), table["state"].to_pylist(), strict=True)
            found += map(CoverageRun._make, rows)
        return found

    def market_ids(self, start: Moment, end: Moment, markets: Names | None = None) -> Mapping[str, str]:
        """Return the exchange's ids of the markets that have a snapshot in the hours of [start, end).

        Example:
            >>> archive.market_ids("2026-11-02T15:00", "2026-11-02T16:00")["KXFED-26DEC-T4"]
            ''
        """
        begin, until = span(start, end)
        begin -= begin % HOUR
        wanted = patterns(markets, None)
        files, _ = self._folder.files(SNAPSHOTS, begin, until)
        selection = RowSelection(
            SNAPSHOTS, ID_COLUMNS, row_filter(SNAPSHOTS, begin, until, wanted), is_selective=wanted is not None
        )
        ids: dict[str, str] = {}
        for table in FileRows(self._folder, files, selection).tables():
            found = table.group_by(list(ID_COLUMNS)).aggregate([])
            names: list[Any] = [found[each].to_pylist() for each in ID_COLUMNS]
            ids.update(zip(*names, strict=True))
        return ids
