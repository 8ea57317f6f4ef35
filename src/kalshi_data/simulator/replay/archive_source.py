"""Loads a window of an archive: its gaps, the books and listings at its beginning, and its facts in order."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute

from kalshi_data.errors import ArchiveError, ListingMissing
from kalshi_data.reader import Archive
from kalshi_data.reader.coverage import CoverageRun
from kalshi_data.reader.files.selection import named
from kalshi_data.reader.market_rows import SKEW_US_MAX
from kalshi_data.reader.replaying.opening_books import OpeningBooks
from kalshi_data.reader.times import DAY, HOUR, instant
from kalshi_data.simulator.replay.fact_merge import COLUMNS, STREAMS, TRADE, Fact, ahead, facts, of_stream, values

compute: Any = pyarrow.compute
DELTAS = "orderbook_deltas"
BY_MARKET = frozenset({"trades", DELTAS, "tickers"})
# Trades before the window that REST still returns, of a day at most.
EARLIER_TRADES_MAX = 50_000
GAPS_SHOWN = 3
LISTING_COLUMNS = ("ticker", "event_ticker", "status", "result", "close_time", "body")


class ReplayWindow(NamedTuple):
    """What is played: [from_us, until_us) in microseconds, of markets that names and patterns mean, or of all."""

    from_us: int
    until_us: int
    markets: Sequence[str] | None = None
    over_gaps: bool = False


class Loaded(NamedTuple):
    """What is known at the beginning of a window, beside its books."""

    opening: OpeningBooks
    early: list[tuple[Any, ...]]
    ids: Mapping[str, str]
    known: list[dict[str, Any]]
    later: list[dict[str, Any]]
    earlier_trades: list[tuple[Any, ...]]
    events: list[dict[str, Any]]
    series: list[dict[str, Any]]


class ArchiveSource:
    """Reads one window of an archive."""

    def __init__(self, archive: Archive, window: ReplayWindow) -> None:
        """Read nothing yet."""
        self.window = window
        self._archive = archive
        self._tables: dict[str, Iterable[pa.Table]] = {}
        self._pool = ThreadPoolExecutor(len(STREAMS), thread_name_prefix="streams")
        self.gaps: list[CoverageRun] = []
        self.indices: tuple[str, ...] = ()

    def load(self) -> Loaded:
        """Read what is known at the beginning; meanwhile begin to read the facts.

        Raises:
            ArchiveError: the window has a gap and is not to be played over it, or a file cannot be read.
        """
        window = self.window
        self.gaps = self._archive.gaps(instant(window.from_us), instant(window.until_us), window.markets)
        if self.gaps and not window.over_gaps:
            raise ArchiveError(f"{lacking(self.gaps)}: choose another window or other markets, or add --over-gaps")
        changes = self._read_ahead(DELTAS)
        opening = self.opening_books(window.from_us)
        ids = self._ids(opening)
        known, later = self._listings()
        self._require_markets([*opening, *ids, *(each["ticker"] for each in known + later)])
        events = {each["event_ticker"] for each in known + later if each["event_ticker"]}
        for name in STREAMS:
            if name != DELTAS:
                self._tables[name] = self._read_ahead(name, sorted(events))
        self.indices = self._index_ids()
        earlier = self._earlier_trades()
        first = next(changes, None)
        self._tables[DELTAS] = changes if first is None else chain([first], changes)
        early = [] if first is None else early_changes(opening, first, window.from_us)
        of_markets = [self._objects(read, self.window.from_us) for read in (self._archive.events, self._archive.series)]
        return Loaded(opening, early, ids, known, later, earlier, *of_markets)

    def facts(self) -> Iterator[Fact]:
        """Yield the facts of the window in order."""
        return facts(self._tables)

    def close(self) -> None:
        """Stop reading."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def opening_books(self, at_us: int, markets: Sequence[str] | None = None) -> OpeningBooks:
        """Return the books before a moment, of all markets of the window or of some."""
        return self._archive.opening_books(instant(at_us), markets or self.window.markets)

    def _read_ahead(self, name: str, events: Sequence[str] = ()) -> Iterator[pa.Table]:
        window = self.window
        markets = window.markets
        if markets is not None and name not in BY_MARKET:
            markets = [*markets, *events] if name == "lifecycle_events" else None
        span = instant(window.from_us), instant(window.until_us)
        return ahead(self._pool, self._archive.in_time_order(name, *span, markets, COLUMNS[name]))

    def _ids(self, opening: Iterable[str]) -> Mapping[str, str]:
        """Return the ids of markets from their snapshots: of the window, and of the day before for quiet ones."""
        window = self.window
        hour = window.from_us - window.from_us % HOUR
        found = dict(self._archive.market_ids(instant(hour), instant(window.until_us), window.markets))
        missing = {each for each in opening if not found.get(each)}
        for begin in range(hour - HOUR, hour - DAY, -HOUR):
            if not missing:
                break
            older = self._archive.market_ids(instant(begin), instant(begin + HOUR), window.markets)
            found |= {name: each for name, each in older.items() if name in missing}
            missing -= found.keys()
        return found

    def _index_ids(self) -> tuple[str, ...]:
        """Return the indices that have values in the window."""
        span = instant(self.window.from_us), instant(self.window.until_us)
        tables = self._archive.in_time_order("index_values", *span, None, ("index_id", "source_ts"))
        found: set[Any] = set()
        for table in tables:
            found |= set(compute.unique(table["index_id"]).to_pylist())
        return tuple(sorted(found))

    def _listings(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the markets that were known at the beginning, and those that became known in the window.

        None if the archive has no listing of then.
        """
        begin, end = instant(self.window.from_us), instant(self.window.until_us)
        try:
            known = self._archive.markets(begin).select(list(LISTING_COLUMNS))
        except ListingMissing:
            known = pa.table({each: pa.array([], pa.string()) for each in LISTING_COLUMNS})
        new = self._archive.new_markets(begin, end, known["ticker"].combine_chunks())
        known, new = (self._chosen(each) for each in (known, new))
        return known.to_pylist(), new.to_pylist()

    def _chosen(self, listing: pa.Table) -> pa.Table:
        """Return the markets of the window of a listing, with their bodies as bytes and times as microseconds."""
        wanted = self.window.markets
        chosen = listing if wanted is None else listing.filter(named("ticker", wanted))
        kinds = {"body": pa.binary(), "close_time": pa.int64()}
        columns = {each: chosen[each].cast(kinds.get(each, pa.string())) for each in chosen.column_names}
        return pa.table(columns)

    def _require_markets(self, known: Iterable[str]) -> None:
        """Refuse a name or pattern that means no market: most likely it has a typing error.

        Raises:
            ArchiveError: it means none of the known markets, and no row of the window.
        """
        markets = pa.table({"market": pa.array(known, pa.string())})
        span = instant(self.window.from_us), instant(self.window.until_us)
        for each in self.window.markets or ():
            if markets.filter(named("market", [each])).num_rows:
                continue
            rows = (self._archive.in_time_order(stream, *span, [each], ["market_ticker"]) for stream in BY_MARKET)
            if not any(next(tables, None) for tables in rows):
                raise ArchiveError(
                    f"the archive has no market {each} {from_to(*span)}: check the name, or choose another window"
                )

    @staticmethod
    def _objects(read: Callable[[datetime], pa.Table], at_us: int) -> list[dict[str, Any]]:
        """Return the events or series that were known at a moment; none if the archive has none of that time."""
        try:
            return read(instant(at_us)).select(["ticker", "body"]).to_pylist()
        except ListingMissing:
            return []

    def _earlier_trades(self) -> list[tuple[Any, ...]]:
        """Return the last trades before the window, the oldest first."""
        found: list[tuple[Any, ...]] = []
        until, oldest = self.window.from_us, self.window.from_us - DAY
        while until > oldest and len(found) < EARLIER_TRADES_MAX:
            begin = (until - 1) - (until - 1) % HOUR
            span = instant(begin), instant(until)
            tables = self._archive.in_time_order("trades", *span, self.window.markets, COLUMNS["trades"])
            last = [table.slice(max(0, table.num_rows - EARLIER_TRADES_MAX)) for table in tables]
            found = [each.row for each in of_stream(TRADE, last)] + found
            until = begin
        return found[-EARLIER_TRADES_MAX:]


def early_changes(opening: OpeningBooks, table: pa.Table, from_us: int) -> list[tuple[Any, ...]]:
    """Return the changes of a window's beginning that the books before it hold already: the gatherer was ahead."""
    near = table.filter(compute.less(table["exchange_ts"].cast(pa.int64()), from_us + SKEW_US_MAX))
    names: Any = near["market_ticker"].combine_chunks()
    encoded = names if pa.types.is_dictionary(names.type) else names.dictionary_encode()
    clocks = pa.array([opening.clock(each) for each in encoded.dictionary.to_pylist()], pa.int64())
    is_held = compute.and_(
        compute.greater(near["clock"], 0), compute.less_equal(near["clock"], clocks.take(encoded.indices))
    )
    found = near.filter(is_held)
    return list(zip(*(values(column) for column in found.columns), strict=True))


def lacking(gaps: Sequence[CoverageRun]) -> str:
    """Return what an archive lacks, as a person reads it."""
    shown = [
        " ".join((each.stream, *(("of", each.market_ticker) if each.market_ticker else ()), from_to(*times(each))))
        for each in gaps[:GAPS_SHOWN]
    ]
    more = f" and {len(gaps) - GAPS_SHOWN:,} times more" if len(gaps) > GAPS_SHOWN else ""
    return f"the archive lacks {', '.join(shown)}{more}"


def times(run: CoverageRun) -> tuple[datetime, datetime]:
    """Return when a gap begins and ends."""
    return instant(run.from_us), instant(run.to_us)


def from_to(begin: datetime, end: datetime) -> str:
    """Return a time as a person reads it."""
    return f"from {begin:%Y-%m-%dT%H:%M:%SZ} to {end:%Y-%m-%dT%H:%M:%SZ}"
