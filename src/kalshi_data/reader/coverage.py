"""What is known to be complete: the states of minutes that production judged, as the archive has them."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.dataset

from kalshi_data.archive.schemas import TIME
from kalshi_data.archive.streams import reasons
from kalshi_data.reader.book import GAP
from kalshi_data.reader.catalogue import CatalogueReader
from kalshi_data.reader.files.hour_files import runs
from kalshi_data.reader.files.missing_hours import report_missing
from kalshi_data.reader.files.scanning import FileRows, RowSelection, with_rows
from kalshi_data.reader.files.selection import Names, named, patterns
from kalshi_data.reader.holes import MINUTE, Hole, split
from kalshi_data.reader.market_rows import whole
from kalshi_data.reader.times import HOUR, Moment, span

field: Any = pyarrow.dataset.field
COVERAGE, INCIDENTS, DELTAS = "coverage", "incidents", "orderbook_deltas"
JUDGED = ("orderbook_deltas", "trades", "tickers", "lifecycle_events")
MISSING, NOT_JUDGED = "missing", "not judged"
REASONS = {
    MISSING: "the archive lacks the hour",
    NOT_JUDGED: "the archive has rows of the hour, and no judgement",
}
COLUMNS = ("market_ticker", "stream", "from_at", "to_at", "state")
# A run of a stream that is received for all markets at once has no market.
ALL_MARKETS = ""


class CoverageRun(NamedTuple):
    """A time in which a stream had one state for a market, in microseconds."""

    market_ticker: str
    stream: str
    from_us: int
    to_us: int
    state: str


class Incident(NamedTuple):
    """A row of the stream `incidents`, and its time in microseconds."""

    from_us: int
    to_us: int
    row: dict[str, Any]


class CoverageReader(CatalogueReader):
    """Reads which minutes are complete."""

    def coverage(self, start: Moment, end: Moment, markets: Names | None = None) -> pa.Table:
        """Return the state of each minute of [start, end) as runs, by stream and market.

        Columns: market_ticker (empty for all markets at once), stream, from_at and to_at (UTC), state: "proven",
        "repaired", "covered", "idle", "halted" or "gap" as production judged it; "not judged" for hours without a
        judgement, "missing" for hours that the archive lacks; reason: why, in words, such as which gatherer missed it
        and which one received it. A minute in no run was not expected.

        Example:
            >>> found = archive.coverage("2026-11-02T15:00", "2026-11-02T17:00").to_pylist()
            >>> [(f"{row['from_at']:%H:%M}", row["state"]) for row in found if row["stream"] == "trades"]
            [('15:00', 'not judged'), ('16:00', 'missing')]
        """
        begin, until = span(start, end)
        wanted = patterns(markets, None)
        chosen = None if wanted is None else [*wanted, ALL_MARKETS]
        found = list(joined(sorted([*self._judged(begin, until, chosen), *self._not_judged(begin, until)])))
        columns: list[Any] = [list(each) for each in zip(*found, strict=True)] or [[] for _ in range(5)]
        return pa.table(
            {
                "market_ticker": pa.array(columns[0], pa.string()),
                "stream": pa.array(columns[1], pa.string()),
                "from_at": pa.array(columns[2], TIME),
                "to_at": pa.array(columns[3], TIME),
                "state": pa.array(columns[4], pa.string()),
                "reason": pa.array(self._reasons(found, begin, until, chosen), pa.string()),
            }
        )

    def _reasons(self, found: Sequence[CoverageRun], begin: int, until: int, wanted: Sequence[str] | None) -> list[str]:
        """Return for each run why it has its state."""
        affected = {each[:2] for each in found if each.state in reasons.EXPLAINED}
        incidents = defaultdict[tuple[str, str], list[Incident]](list)
        if affected:
            for table in self._rows_of(INCIDENTS, reasons.COLUMNS, begin, until, wanted):
                times = whole(table["from_at"]), whole(table["to_at"])
                for row, from_us, to_us in zip(table.to_pylist(), *times, strict=True):
                    if (key := (row["market_ticker"], row["stream"])) in affected:
                        incidents[key].append(Incident(from_us, to_us, row))
        for each in incidents.values():
            each.sort(key=lambda incident: incident.from_us)
        return [REASONS.get(each.state) or reasons.explain(each.state, during(incidents, each)) for each in found]

    def _rows_of(
        self,
        stream: str,
        columns: Sequence[str],
        begin: int,
        until: int,
        wanted: Sequence[str] | None,
        *,
        is_needed: bool = False,
    ) -> Iterator[pa.Table]:
        """Yield the rows of a stream that overlap a time.

        If it `is_needed`, warn of hours that have changes of books and no file of it.
        """
        files, missing = self._folder.files(stream, begin - begin % HOUR, until)
        if missing and is_needed:
            _, unrecorded = self._folder.files(DELTAS, missing[0], missing[-1] + HOUR)
            report_missing(stream, sorted({*missing} - {*unrecorded}), has_files=True)
        first, last = (pa.scalar(each, pa.int64()).cast(TIME) for each in (begin, until))
        chosen = (field("from_at") < last) & (field("to_at") > first)
        if wanted is not None:
            chosen &= named("market_ticker", wanted)
        selection = RowSelection(stream, tuple(columns), chosen, is_selective=wanted is not None)
        yield from FileRows(self._folder, files, selection).tables()

    def _judged(
        self, begin: int, until: int, wanted: Sequence[str] | None, *, is_needed: bool = False
    ) -> Iterator[CoverageRun]:
        for table in self._rows_of(COVERAGE, COLUMNS, begin, until, wanted, is_needed=is_needed):
            columns: list[Any] = [table[each].to_pylist() for each in ("market_ticker", "stream")]
            columns += [whole(table["from_at"]), whole(table["to_at"]), table["state"].to_pylist()]
            for each in map(CoverageRun._make, zip(*columns, strict=True)):
                yield each._replace(from_us=max(each.from_us, begin), to_us=min(each.to_us, until))

    def _not_judged(self, begin: int, until: int) -> Iterator[CoverageRun]:
        files, _ = self._folder.files(COVERAGE, begin, until)
        judged = {each.begin_us for each in with_rows(self._folder, files)}
        # If nothing was expected in an hour, its file of coverage has no rows, and those of other streams have none.
        empty = {each.begin_us for each in files} - judged
        for stream in JUDGED:
            files, missing = self._folder.files(stream, begin, until)
            held = with_rows(self._folder, [each for each in files if each.begin_us in empty])
            unjudged = [each.begin_us for each in files if each.begin_us not in judged | empty or each in held]
            for state, hours in ((NOT_JUDGED, unjudged), (MISSING, missing)):
                for first, last in runs(hours, HOUR):
                    yield CoverageRun(ALL_MARKETS, stream, max(first, begin), min(last, until), state)

    def _gaps_of(self, market: str, begin: int, until: int) -> list[Hole]:
        """Return the times of [begin, until) in which changes of a book are known to be lost.

        An hour without a file of coverage is warned of, since it may have gaps.
        """
        begin, until = begin - begin % MINUTE, until + -until % MINUTE
        gaps = [
            (each.from_us, each.to_us)
            for each in joined(sorted(self._judged(begin, until, [market], is_needed=True)))
            if each.state == "gap" and each.stream == DELTAS
        ]
        return split(gaps, self._lost(market, begin, until), GAP) if gaps else []

    def _lost(self, market: str, begin: int, until: int) -> list[tuple[int, int]]:
        """Return the exact times of incidents of a book that nothing repaired."""
        found: list[tuple[int, int]] = []
        for table in self._rows_of(INCIDENTS, ("stream", "from_at", "to_at", "repair"), begin, until, [market]):
            columns: list[Any] = [table[each].to_pylist() for each in ("stream", "repair")]
            times = zip(whole(table["from_at"]), whole(table["to_at"]), strict=True)
            kinds = zip(*columns, strict=True)
            found += [time for time, kind in zip(times, kinds, strict=True) if kind == (DELTAS, "none")]
        return found


def during(incidents: dict[tuple[str, str], list[Incident]], run: CoverageRun) -> Iterator[dict[str, Any]]:
    """Yield the incidents of a run, which lie in the order in which they began."""
    known = incidents.get(run[:2], [])
    # A row of the archive lies in one hour.
    first = bisect_left(known, run.from_us - HOUR, key=lambda each: each.from_us)
    last = bisect_left(known, run.to_us, key=lambda each: each.from_us)
    return (each.row for each in known[first:last] if each.to_us > run.from_us)


def joined(found: Sequence[CoverageRun]) -> Iterator[CoverageRun]:
    """Yield sorted runs; those that continue each other become one.

    Example:
        >>> list(joined([CoverageRun("", "trades", 0, 5, "gap"), CoverageRun("", "trades", 5, 9, "gap")]))
        [CoverageRun(market_ticker='', stream='trades', from_us=0, to_us=9, state='gap')]
    """
    held: CoverageRun | None = None
    for each in found:
        if held and (*held[:2], held.to_us, held.state) == (*each[:2], each.from_us, each.state):
            held = held._replace(to_us=each.to_us)
            continue
        if held:
            yield held
        held = each
    if held:
        yield held
