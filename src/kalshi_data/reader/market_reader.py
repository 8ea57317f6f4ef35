"""Reads what one market's book consists of: what it begins with, and the changes after that."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from kalshi_data.reader.coverage import CoverageReader
from kalshi_data.reader.files.hour_files import runs
from kalshi_data.reader.files.selection import WILDCARDS
from kalshi_data.reader.market_rows import (
    CHANGE_COLUMNS,
    CHECKPOINT_COLUMNS,
    CLOCKED_COLUMNS,
    SKEW_US_MAX,
    SNAPSHOT_COLUMNS,
    Change,
    Snapshot,
    changes_of,
    checkpoints_of,
    snapshots_of,
)
from kalshi_data.reader.times import DAY, HOUR, is_a

SNAPSHOTS, DELTAS, CHECKPOINTS = "orderbook_snapshots", "orderbook_deltas", "books"
# Hours of snapshots that are looked through at once for the last one of a market.
HOURS_AT_ONCE = 6


class MarketRows(NamedTuple):
    """All that is known of one market from a moment on.

    Attributes:
        base: What its book begins with: the last snapshot by then, or the book at the beginning of the hour if the
            archive has it; None if neither is there.
        since_us: When the last snapshot by then was received.
        later: The snapshots after that moment.
        changes: Those that may come after the base, in the order of the files.
        missing: The times since the base whose changes the archive lacks.
    """

    base: Snapshot | None
    since_us: int
    later: Sequence[Snapshot]
    changes: Sequence[Change]
    missing: Sequence[tuple[int, int]]


class MarketReader(CoverageReader):
    """Reads the rows of one market that make up its book."""

    def _rows_at(self, market: str, at_us: int) -> MarketRows:
        """Return what a market's book at a moment consists of; if clocks order it, no other times are read."""
        found = self._market_rows(market, at_us, at_us + 1, CLOCKED_COLUMNS)
        if found.base and not (found.base.has_clock and all(each.clock for each in found.changes)):
            return self._market_rows(market, at_us, at_us + 1)
        return found

    def _market_rows(self, market: str, begin: int, until: int, columns: Sequence[str] = CHANGE_COLUMNS) -> MarketRows:
        """Return what a market's book at a moment begins with, and what follows until another one."""
        hour = begin - begin % HOUR
        # Whatever the book begins with, both are needed.
        with ThreadPoolExecutor(2, thread_name_prefix="book") as pool:
            snapshots = pool.submit(self._snapshots, market, hour, until)
            changes, missing = self._changes(market, (hour, until), columns)
        before = [each for each in snapshots.result() if each.received_us <= begin]
        later = snapshots.result()[len(before) :]
        if not before and (held := self._checkpoint(market, hour)):
            checkpoint, since_us = held
            after = [each for each in changes if each.at_us > hour]
            if checkpoint.leads_to(after, later):
                return MarketRows(checkpoint, since_us, later, after, list(runs(missing, HOUR)))
        base = before[-1] if before else self._base(market, hour - 1)
        if not base and not later:
            return MarketRows(None, begin, later, changes, list(runs(missing, HOUR)))
        since_us = (base or later[0]).received_us
        earlier, missing_before = self._changes(market, (since_us - SKEW_US_MAX + 1, hour), columns)
        rows = [each for each in [*earlier, *changes] if each.at_us > since_us - SKEW_US_MAX]
        # The file before that of the snapshot can hold only changes that the snapshot's clock is ahead of.
        holes = [each for each in runs([*missing_before, *missing], HOUR) if each[1] > since_us]
        return MarketRows(base, since_us, later, rows, holes)

    def _checkpoint(self, market: str, hour: int) -> tuple[Snapshot, int] | None:
        """Return the book at the beginning of an hour if the archive has it, so that no earlier file is needed."""
        files, _ = self._folder.files(CHECKPOINTS, hour, hour + 1)
        found = checkpoints_of(self.read(CHECKPOINTS, files, (hour, hour + 1), [market], CHECKPOINT_COLUMNS))
        return found[-1] if found else None

    def _snapshots(self, market: str, begin: int, until: int) -> list[Snapshot]:
        files, _ = self._folder.files(SNAPSHOTS, begin, until)
        return snapshots_of(self.read(SNAPSHOTS, files, (begin, until), [market], SNAPSHOT_COLUMNS))

    def _changes(
        self, market: str, range_us: tuple[int, int], columns: Sequence[str]
    ) -> tuple[list[Change], list[int]]:
        """Return the changes of a market in a time, and the hours of it whose files do not exist."""
        if range_us[0] >= range_us[1]:
            return [], []
        files, missing = self._folder.files(DELTAS, *range_us)
        return changes_of(self.read(DELTAS, files, range_us, [market], columns)), missing

    def _base(self, market: str, at_us: int) -> Snapshot | None:
        """Return the last snapshot of a market that was received by a moment.

        A book that does not change is stored once a day, so no snapshot of the day and the day before means that there
        is none.
        """
        begin, oldest = at_us - at_us % HOUR, at_us - at_us % DAY - DAY
        until = at_us + 1
        while until > oldest:
            if found := self._snapshots(market, max(begin, oldest), until):
                return found[-1]
            until, begin = begin, begin - HOURS_AT_ONCE * HOUR
        return None


def one_market(market: str) -> str:
    """Return the ticker of one market.

    Raises:
        TypeError: it is no text.
        ValueError: it has wildcards.
    """
    if not is_a(str, market):
        raise TypeError(f"{market!r} is no market: name its ticker")
    if WILDCARDS.search(market):
        raise ValueError(f"{market} has wildcards: name one market, or ask books_at for many")
    return market
