"""Decode a time range of the frame log again, and add rows that are missing."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from kalshi_data.database.connection import Connection, ReconnectingConnection, connect, query
from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.reader import numbers_between, to_ns
from kalshi_data.gatherer.frame_log.shards import shard_folders
from kalshi_data.gatherer.recording.batch import STATE_COLUMNS, Item, read_position
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.replay import FrameLogReplay
from kalshi_data.gatherer.recording.stored_snapshots import StoredSnapshots, hour_of
from kalshi_data.gatherer.settings import GathererSettings

log = structlog.get_logger()

# The numbers of frames that have rows are held in memory for this time range at once.
STEP = timedelta(minutes=5)


class ReparseTotals(NamedTuple):
    """How many rows the frames have, and how many of them were missing."""

    read: int
    added: int


class Reparse:
    """Adds the rows of messages that have none; coverage and comparisons of books stay as they are."""

    def __init__(self, settings: GathererSettings, connection: Connection) -> None:
        """Read the log of `settings`, and compare with the database of `connection`."""
        self._settings = settings
        self._connection = connection
        self._database = ReconnectingConnection(
            settings.databases.kalshi_ts.conninfo, application_name="gatherer reparse"
        )
        # The lock belongs to the gatherer that runs; this one adds rows beside it.
        self._committer = Committer("", settings.writing, Counters(), database=self._database)
        # After a failure it is unknown whether rows were added: the next call of the command finds out.
        self._committer.give_up_at = 0.0
        self._held: set[int] = set()
        self._held_from = self._held_until = datetime.max.replace(tzinfo=UTC)
        self.totals = ReparseTotals(0, 0)

    def run(self, begin: datetime, end: datetime, progress: Callable[[float], None]) -> ReparseTotals:
        """Decode the frames received from `begin` on and before `end`; `progress` gets the share that is done.

        Raises:
            SettingsError: if the log holds no frame of that time.
        """
        root, found = self._settings.frame_log.folder, False
        for number, folder in shard_folders(root).items():
            if (numbers := numbers_between(folder, to_ns(begin), to_ns(end))) is not None:
                found = True
                self._run_shard(number, folder, numbers, (begin, end), progress)
        self._committer.disconnect()
        if not found:
            raise SettingsError(f"{root} holds no frames from {begin} to {end}: see frame_log.age_seconds_max")
        return self.totals

    def _run_shard(
        self,
        number: int,
        folder: Path,
        numbers: tuple[int, int],
        times: tuple[datetime, datetime],
        progress: Callable[[float], None],
    ) -> None:
        # A running gatherer commits later frames itself.
        until = min(numbers[1], read_position(self._connection, number) + 1)
        # A snapshot has no row if an equal one was stored earlier in its hour.
        earlier = numbers_between(folder, to_ns(hour_of(times[0])), to_ns(times[0]))
        first, snapshots = min(numbers[0], earlier[0] if earlier else numbers[0]), StoredSnapshots()

        def commit(items: Sequence[Item], number: int) -> None:
            self._add([item for item in snapshots.select(items) if times[0] <= item.received_at < times[1]])
            snapshots.keep()
            progress(max(0, number + 1 - first) / max(1, until - first))

        FrameLogReplay(folder, first, self._settings.writing, commit).read(until)

    def _add(self, items: Sequence[Item]) -> None:
        """Commit the rows whose frames have none."""
        rows = [item for item in items if item.stream not in (*STATE_COLUMNS, "book_checks")]
        missing = [item for item in rows if not self._holds(item)]
        if missing:
            self._committer.commit(missing, 0)
        self.totals = ReparseTotals(self.totals.read + len(rows), self.totals.added + len(missing))

    def _holds(self, item: Item) -> bool:
        """Return whether a frame has its row; a frame that still goes to quarantine counts as having one."""
        # Times go back if the clock was set back.
        if not self._held_from <= item.received_at < self._held_until:
            self._held_from, self._held_until = item.received_at, item.received_at + STEP
            time_range = {"begin": self._held_from, "until": self._held_until}
            rows = self._connection.execute(query("capture/backfill/list_frames_held"), time_range)
            self._held = {number for (number,) in rows}
        return item.stream == "quarantine" or item.number in self._held


def reparse(
    settings: GathererSettings, begin: datetime, end: datetime, progress: Callable[[float], None]
) -> ReparseTotals:
    """Decode a time range of the frame log again; return how many rows were read and added.

    Raises:
        SettingsError: if the log holds no frame of that time.
    """
    with connect(settings.databases.kalshi_ts.conninfo, application_name="gatherer reparse") as connection:
        return Reparse(settings, connection).run(begin, end, progress)
