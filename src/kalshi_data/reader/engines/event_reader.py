"""Reads what happened to a market, part by part, so that a window of any length takes little memory."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset

from kalshi_data.archive.schemas import TIME
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.amounts import millionths
from kalshi_data.reader.book import BEFORE_FIRST, GAP, Absent, Book
from kalshi_data.reader.book_tables import BookTableReader
from kalshi_data.reader.coverage import ALL_MARKETS
from kalshi_data.reader.engines.market_events import BookEvent, BookFollower, EngineTrade, LocalClock
from kalshi_data.reader.files.hour_files import ignore, runs
from kalshi_data.reader.files.scanning import FILES_AT_ONCE, FileRows, RowSelection
from kalshi_data.reader.files.selection import WILDCARDS, Names, listed, named
from kalshi_data.reader.fold import Turn
from kalshi_data.reader.listings import EVENTS, Settlement, settlement
from kalshi_data.reader.market_reader import CHECKPOINTS, DELTAS, SNAPSHOTS
from kalshi_data.reader.market_rows import SKEW_US_MAX, whole
from kalshi_data.reader.times import DAY, HOUR, instant

compute: Any = pyarrow.compute
field: Any = pyarrow.dataset.field
TRADES, LIFECYCLE = "trades", "lifecycle_events"
TRADE_COLUMNS = ("exchange_ts", "received_at", "trade_id", "yes_price", "size", "taker_side", "is_block_trade")
# A part of a walk has about as many changes in memory, and those since the last snapshot before it.
CHANGES_OF_A_PART = 200_000
GAPS_SHOWN = 3
GO_ON = (
    "choose times between the gaps, or pass over_gaps (--over-gaps): the book is then empty from a gap until the "
    "next snapshot"
)


class EventReader(BookTableReader):
    """Reads markets as engines take them."""

    _hours = _hours_of = 0
    _report: Callable[[int, int], None] = staticmethod(ignore)

    def _book_events(self, market: str, begin: int, until: int, *, over_gaps: bool) -> Iterator[BookEvent]:
        """Yield what happens to a book in [begin, until), first the whole book as soon as it is known.

        Raises:
            ArchiveError: changes are lost or missing, unless `over_gaps`.
        """
        before = self.book(market, instant(begin))
        in_gap = isinstance(before, Absent) and before.reason == GAP
        if in_gap and not over_gaps:
            raise unknown(market, begin, GAP)
        gaps = [(first, last) for _, first, last in self._gaps(market, begin, until, (DELTAS,))]
        follower = BookFollower(until, gaps, begins_in_gap=in_gap)
        was_known = False
        for turn, book in self._turns_by_part(market, begin, until):
            if not over_gaps:
                refuse_gap(turn, book, was_known=was_known)
            was_known = book.is_known
            yield from follower.take(turn, book)
        yield from follower.end()

    def _turns_by_part(self, market: str, begin: int, until: int) -> Iterator[tuple[Turn, Book]]:
        """Yield the turns of a walk from begin to end; each part reads a little more, so that none is split in two."""
        hour = begin // HOUR
        for first, last in self._parts(market, begin, until):
            end = until if last == until else last + SKEW_US_MAX
            for step, book in self.walk(market, instant(first), instant(end), over_gaps=True):
                # The next part begins with the book after all that happened at its first moment.
                if step.turn.at_us > last:
                    break
                yield step.turn, book
            reached = -(-last // HOUR) if last == until else last // HOUR
            self._hours_done(reached - hour)
            hour = reached

    def _parts(self, market: str, begin: int, until: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a window: some hours of a quiet market, a part of an hour of a busy one."""
        width = HOUR
        while begin < until:
            last = min(begin - begin % HOUR + width, until)
            files, _ = self._folder.files(DELTAS, begin, last)
            times = sorted(whole(self.read(DELTAS, files, (begin, last), [market], ("exchange_ts",))["exchange_ts"]))
            edges = sorted({begin, *times[CHANGES_OF_A_PART::CHANGES_OF_A_PART], last})
            yield from pairwise(edges)
            width = min(2 * width, DAY) if len(times) < CHANGES_OF_A_PART // 10 else HOUR
            begin = last

    def _engine_trades(self, market: str, begin: int, until: int) -> Iterator[EngineTrade]:
        """Yield the trades of [begin, until), some hours at a time."""
        local = LocalClock(until)
        files, _ = self._folder.files(TRADES, begin, until)
        for first in range(0, len(files), FILES_AT_ONCE):
            table = self.read(TRADES, files[first : first + FILES_AT_ONCE], (begin, until), [market], TRADE_COLUMNS)
            columns: list[Any] = [
                whole(table["exchange_ts"]),
                whole(table["received_at"]),
                table["trade_id"].to_pylist(),
                millionths(table["yes_price"]),
                millionths(table["size"]),
                table["taker_side"].to_pylist(),
                [bool(each) for each in table["is_block_trade"].to_pylist()],
            ]
            for each in sorted(map(EngineTrade._make, zip(*columns, strict=True)), key=lambda trade: trade[:3]):
                yield each._replace(local_us=local.after(each.at_us, each.local_us))

    def _settled(self, market: str, begin: int, until: int) -> Settlement | None:
        """Return what a market paid, as the exchange last said in [begin, until)."""
        files, _ = self._folder.files(LIFECYCLE, begin, until)
        rows = self.read(LIFECYCLE, files, (begin, until), [market], EVENTS).sort_by("seen_at").to_pylist()
        found = [settlement(each) for each in rows if each["kind"] == "determined"]
        return found[-1] if found else None

    def _listed(self, tickers: Sequence[str], until: int) -> Mapping[str, Mapping[str, Any]]:
        """Return title and close of markets, as the last listing of the two days before a moment has them."""
        files, _ = self._folder.files("markets", until - 1 - (until - 1) % DAY - DAY, until)
        chosen = named("ticker", tickers) & (field("fetched_at") < pa.scalar(until, pa.int64()).cast(TIME))
        selection = RowSelection("markets", ("ticker", "title", "close_time"), chosen, is_selective=True)
        tables = [table.to_pylist() for table in FileRows(self._folder, files, selection).tables()]
        return {each["ticker"]: each for rows in tables for each in rows}

    def _refuse_gaps(self, tickers: Sequence[str], begin: int, until: int, streams: Sequence[str]) -> None:
        """Report gaps before anything is written.

        Raises:
            ArchiveError: there are some.
        """
        for market in tickers:
            if gaps := self._gaps(market, begin, until, streams):
                named = [f"{name} from {moment(first)} to {moment(last)}" for name, first, last in gaps[:GAPS_SHOWN]]
                more = f" and {len(gaps) - GAPS_SHOWN:,} times more" if len(gaps) > GAPS_SHOWN else ""
                raise ArchiveError(f"{market}: the archive lacks {', '.join(named)}{more}: {GO_ON}")

    def _gaps(self, market: str, begin: int, until: int, streams: Sequence[str]) -> list[tuple[str, int, int]]:
        """Return the times of a window in which rows are known to be lost, or whose files are missing."""
        found = {
            (each.stream, each.from_us, each.to_us)
            for each in self._judged(begin, until, [market, ALL_MARKETS])
            if each.state == "gap" and each.stream in streams
        }
        for stream in streams:
            _, missing = self._folder.files(stream, begin, until)
            found |= {(stream, max(first, begin), min(last, until)) for first, last in runs(missing, HOUR)}
        return sorted(found, key=lambda each: (each[1], each[0]))

    def _tickers_of(self, markets: Names, begin: int, until: int) -> Sequence[str]:
        """Return the tickers that names and patterns mean: those whose book can be known, and names that traded.

        Raises:
            ArchiveError: no market has one of the names or patterns.
        """
        wanted, found = listed(markets), set[str]()
        hour = begin - begin % HOUR
        places = ((CHECKPOINTS, hour, until), (SNAPSHOTS, hour, until), (SNAPSHOTS, hour - hour % DAY - DAY, hour))
        for place in places:
            found |= self._names_in(*place, [each for each in wanted if each not in found])
        names = [each for each in wanted if each not in found and not WILDCARDS.search(each)]
        found |= self._names_in(TRADES, begin, until, names)
        known = pa.table({"name": pa.array(sorted(found), pa.string())})
        if unknown := [each for each in wanted if not known.filter(named("name", [each])).num_rows]:
            raise ArchiveError(
                f"the archive has no book of {', '.join(unknown)} in that time: choose others, or a later end"
            )
        return sorted(found)

    def _names_in(self, stream: str, begin: int, until: int, wanted: Sequence[str]) -> set[str]:
        """Return the tickers of a stream's rows in a time that names and patterns mean."""
        found = set[str]()
        if wanted and begin < until:
            for file in self._folder.files(stream, begin, until)[0]:
                names = self.read(stream, [file], (begin, until), wanted, ["market_ticker"])["market_ticker"]
                found |= set(compute.unique(names).to_pylist())
        return found

    @contextmanager
    def _progress_of_hours(self, begin: int, until: int, markets: int) -> Generator[None]:
        """Report hours of markets instead of files while markets are exported one after another."""
        progress, self._folder.progress = self._folder.progress, ignore
        self._hours, self._hours_of = 0, markets * len(range(begin - begin % HOUR, until, HOUR))
        self._report = progress
        try:
            yield
        finally:
            self._folder.progress = progress

    def _hours_done(self, hours: int) -> None:
        self._hours += hours
        self._report(self._hours, self._hours_of)


def refuse_gap(turn: Turn, book: Book, *, was_known: bool) -> None:
    """Report a turn at which a book stops being known, or a snapshot that the changes do not lead to.

    Raises:
        ArchiveError: it is one.
    """
    if not book.is_known and (was_known or book.reason != BEFORE_FIRST):
        raise unknown(book.market, turn.at_us, book.reason)
    if turn.proven is False:
        levels = f"{len(turn.changes)} levels of the snapshot of {moment(turn.received_us)}"
        raise ArchiveError(
            f"{book.market}: the changes before it do not lead to {levels}, so that some are lost: {GO_ON}"
        )


def unknown(market: str, at_us: int, reason: str) -> ArchiveError:
    """Return the error for a book that is not known."""
    return ArchiveError(f"{market}: the book is not known at {moment(at_us)} ({reason}): {GO_ON}")


def moment(at_us: int) -> str:
    """Return a time as a person reads it.

    Example:
        >>> moment(0)
        '1970-01-01T00:00:00Z'
    """
    return instant(at_us).isoformat().replace("+00:00", "Z")
