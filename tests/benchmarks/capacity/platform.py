"""Gatherers and production of the benchmark, and the real steps that move rows from one into the other."""

import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.archive_commands import make_exporter
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.retention import delete_old, drop_packed
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.streams import STREAMS
from tests.benchmarks.capacity.load import GATHERERS, Period
from tests.benchmarks.capacity.made_rows import MADE, MadeRows
from tests.benchmarks.capacity.meter import ServerMeter
from tests.support.engines import Database, Engine
from tests.support.staging import claim, settings

MERGED = {stream.name: stream for stream in STREAMS if stream.name in {*MADE, "connections", "subscriptions"}}
HOUR = timedelta(hours=1)
# The rows are of the past, so merges mark them as late. In a running platform they are not.
FORGET_MARKS = "delete from ops.late_rows"
# By the clock, everything is in the past, so the checks of a period look as far as this minute.
CHECKED_UNTIL = "update ops.watermarks set moment = %s where name = 'book_checks'"
BEATS = """
insert into ops.heartbeats (gatherer_id, epoch, beat_at, read_at, status)
select distinct gatherer_id, epoch, %s::timestamptz, now(), '{}'::jsonb from ops.connections
on conflict (gatherer_id) do update set epoch = excluded.epoch, beat_at = excluded.beat_at, read_at = now()
"""
BEAT_SECONDS = 30


class Servers(NamedTuple):
    """Production's server, and another one for all gatherers, whose cost is not measured."""

    production: Engine
    gatherers: Engine


class Pipeline:
    """Moves rows through the platform, step by step, and measures each."""

    def __init__(
        self,
        production: Database,
        gatherers: Sequence[Database],
        made: MadeRows,
        meter: ServerMeter,
        folder: Path | None,
    ) -> None:
        """Prepare the steps; the archive is a folder, or there is none."""
        self.production = production
        self.gatherers = gatherers
        self.meter = meter
        self.received: dict[str, int] = {}
        self._made = made
        chosen = settings(production, gatherers, gatherer_seconds_max=120)
        self._settings = archiving(chosen, folder) if folder else chosen
        self._merges: dict[str, tuple[StreamMerge, Connection]] = {}
        self._covers = False
        self._upkeep = production.connect("deduplicator")
        self._superuser = production.connect()

    def close(self) -> None:
        for merging, connection in self._merges.values():
            merging.close()
            connection.close()
        for each in (self._upkeep, self._superuser, self._made):
            each.close()

    @property
    def upkeep(self) -> Connection:
        """The connection of the upkeep."""
        return self._upkeep

    def receive(self, period: Period) -> None:
        """Let every gatherer receive the rows of a period, and cover every market from the first one on."""
        self._made.make(period)
        for number, gatherer in enumerate(self.gatherers, 1):
            if not self._covers:
                self._made.cover(gatherer, number, period)
            for stream, rows in self._made.receive(gatherer, number, period).items():
                self.received[stream] = self.received.get(stream, 0) + rows
        self._covers = True

    def merge(self) -> None:
        """Merge each stream until nothing is left."""
        for name in MERGED:
            self.connect(name)
            with self.meter.step(f"merge {name}") as cost:
                while rows := self.tick(name):
                    cost.units += rows
        self._superuser.execute(FORGET_MARKS)

    def connect(self, name: str) -> None:
        """Connect a stream to production, unless it is connected."""
        if name not in self._merges:
            merging = StreamMerge(MERGED[name], self._settings, threading.Event())
            connection = merging.connect()
            claim(merging, connection)
            self._merges[name] = (merging, connection)

    def session(self, name: str) -> Connection:
        """Return the connection to production of a connected stream."""
        return self._merges[name][1]

    def tick(self, name: str) -> int:
        """Merge once what waits of a connected stream, and return how many rows were polled."""
        merging, connection = self._merges[name]
        return merging.tick(connection)

    def classify(self, period: Period, every_seconds: int = 60) -> None:
        """Classify the minutes of a period, one after the other as they pass, or some at once."""
        upkeep = self._settings.upkeep
        limits = {"minutes_max": upkeep.minutes_max, "markets_max": upkeep.markets_max}
        with self.meter.step("classify minutes") as cost:
            for second in range(BEAT_SECONDS, period.seconds + 1, BEAT_SECONDS):
                self._superuser.execute(BEATS, (period.began + timedelta(seconds=second),))
                if second % every_seconds == 0:
                    again = limits["markets_max"]
                    while again >= limits["markets_max"]:
                        (_, _, again) = self._upkeep.execute(
                            query("production/completeness/advance_minutes"), limits
                        ).fetchall()[0]
                    cost.units += every_seconds / 60

    def check(self, period: Period) -> int:
        """Check the order books of a period and count changes; return how many were wrong."""
        upkeep = self._settings.upkeep
        limits = {"snapshots_max": upkeep.snapshots_max, "counts_max": upkeep.counts_max}
        wrong = 0
        with self.meter.step("check books") as cost:
            behind = True
            while behind:
                checked, proven, behind = self._upkeep.execute(query("production/books/check"), limits).fetchall()[0]
                wrong += checked - proven
                cost.units += checked
        self._superuser.execute(CHECKED_UNTIL, (period.ended,))
        with self.meter.step("count changes") as cost:
            counted = limits["counts_max"]
            while counted >= limits["counts_max"]:
                counted, agreed = self._upkeep.execute(query("production/books/count_line_changes"), limits).fetchall()[
                    0
                ]
                cost.units += counted
                wrong += counted - agreed
        return wrong

    def tidy(self) -> None:
        """Do what upkeep does every ten minutes: sum contributions, drop and delete what is old."""
        with self.meter.step("arbitration and retention") as cost:
            sample = {"sightings_one_in": self._settings.merging.sightings_one_in}
            self._upkeep.execute(query("production/completeness/advance_arbitration"), sample)
            drop_packed(self._upkeep)
            delete_old(self._upkeep, self._settings.retention, self._settings.upkeep.line_checks_days)
            cost.units += 1

    def export(self, hour: datetime) -> int:
        """Write an hour of each stream to the archive, read it back, and return the number of hours that failed."""
        hourly = [stream for stream in ARCHIVED if stream.time_column is not None]
        selection = HourSelection(hourly, hour, hour + HOUR)
        exporter = make_exporter(self._settings, threading.Event(), selection=selection)
        with exporter.session() as connection, self.meter.step("archive") as cost:
            exporter.tick(connection)
            row = self._superuser.execute(ARCHIVED_ROWS, (hour,)).fetchall()[0]
            cost.units += row[0]
        return row[1]

    def pack(self, before: datetime | None = None) -> int:
        """Pack every hour that is over, or those before an hour, and return how many rows were packed."""
        hours_after = 1 if before is None else max(1, (datetime.now(UTC) - before) // HOUR)
        rows_max = self._settings.packing.rows_max
        asked = {**self._settings.packing_condition, "hours_after": hours_after, "rows_max": rows_max}
        packed = 0
        with self.meter.step("pack") as cost:
            while row := self._upkeep.execute(query("production/packing/pack_next_hour"), asked).fetchone():
                packed += row[2]
            cost.units += packed
        return packed


ARCHIVED_ROWS = """
select coalesce(sum(row_count), 0)::bigint, count(*) filter (where state <> 'verified')
from ops.archive_partitions where hour = %s and stream not in ('series', 'events', 'markets')
"""


def archiving(chosen: DeduplicatorSettings, folder: Path) -> DeduplicatorSettings:
    """Return settings with an archive in a folder to which hours go at once."""
    section = {
        "target": f"file://{folder / 'bucket'}",
        "workspace_folder": folder / "workspace",
        "settle_seconds": 0,
        "deadline_seconds": 0,
    }
    return msgspec.structs.replace(chosen, archive=msgspec.convert(section, type(chosen.archive)))


@contextmanager
def pipeline(servers: Servers, books: int, folder: Path | None = None) -> Generator[Pipeline]:
    """Make the databases of the platform, and drop them when the block ends."""
    with ExitStack() as stack:
        production = stack.enter_context(servers.production.database("production"))
        gatherers = [stack.enter_context(servers.gatherers.database("kalshi_ts")) for _ in range(GATHERERS)]
        maker = stack.enter_context(servers.gatherers.database("empty"))
        made = MadeRows(maker, books)
        place = folder / production.name if folder else None
        if place:
            place.mkdir()
        yield stack.enter_context(
            closing(Pipeline(production, gatherers, made, ServerMeter(servers.production), place))
        )
