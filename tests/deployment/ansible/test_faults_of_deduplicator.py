"""Each alert about the deduplicator fires after its fault was made in a program that works on real databases."""

import re
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.monitoring.completeness_monitor import CompletenessMonitor
from kalshi_data.deduplicator.monitoring.measurements import Measurements
from kalshi_data.deduplicator.monitoring.metrics import read_metrics
from kalshi_data.deduplicator.monitoring.monitor import Monitor
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import State
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.errors import ArchiveError
from kalshi_data.service.health import HealthReport
from kalshi_data.shard import EVERYTHING
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.integration.deduplicator.test_completeness_counts import CHECK, EXPECTED, NOW, ago, classify, run
from tests.integration.deduplicator.test_completeness_counts import without_maintenance as forget_maintenance
from tests.integration.deduplicator.test_growth import GB, growth
from tests.integration.gatherer.test_retention import trade
from tests.integration.gatherer.test_status import beat
from tests.integration.packing import test_failures as packing_scene
from tests.support import exporting
from tests.support.alerting import MINUTES, fires, rules, serve
from tests.support.engines import Database, Engine
from tests.support.log_archiving import archiving_production, wait_for_log
from tests.support.plain_store import write_certificate
from tests.support.staging import merge, receive, settings
from tests.support.waiting import wait_until
from tests.unit.database.test_certificate import server

LINE_COUNT = """
insert into ops.line_counts (market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number, run_from_at,
run_frame, until_at, from_change_at, until_change_at, inner_count, held_count, held_count_max, counts_agree, attempts)
values ('KXA-1', %s, 1, %s, 1, 1, 1, %s, 1, %s, %s, %s, 3, 2, 2, false, 3)
"""
OLD_TRANSACTIONS = """
update pg_database set datfrozenxid = ((2::numeric ^ 32 + (pg_snapshot_xmax(pg_current_snapshot())::text)::numeric
- 600000000) %% (2::numeric ^ 32))::bigint::text::xid where datname = current_database()
"""


class Running:
    """A deduplicator's monitors, state and settings; alerts() asks whether an alert fires for its metrics."""

    def __init__(self, production: Database, gatherer: Database, promtool: Path, folder: Path) -> None:
        self.production, self.gatherer = production, gatherer
        self.settings: DeduplicatorSettings = settings(production, [gatherer])
        self.state = State()
        self.folder = folder
        self._promtool = promtool

    def answer(self) -> str:
        """Measure everything once, and return what /metrics then says."""
        monitor = Monitor(self.settings, self.state, EVERYTHING)
        counting = CompletenessMonitor(self.settings, monitor.measurements)
        try:
            monitor.measure()
            counting.measure()
            return serve(read_metrics(monitor.measurements, self.state, monitor.health()))
        finally:
            counting.close()
            monitor.close()

    def alerts(self, alert: str, answer: str = "", minutes: int = MINUTES) -> bool:
        return fires(self._promtool, self.folder, alert, answer or self.answer(), minutes=minutes)

    @contextmanager
    def ops(self, user: str = "postgres") -> Generator[Connection]:
        with self.production.connect(user) as connection:
            yield connection


@pytest.fixture
def running(make_database: MakeDatabase, promtool: Path, tmp_path: Path) -> Running:
    return Running(make_database("production"), make_database("kalshi_ts"), promtool, tmp_path)


def lose_a_gatherer(running: Running) -> None:
    away = Database(running.gatherer.server, "no_such_database")
    running.settings = settings(running.production, [away])


def stop_merging(running: Running) -> None:
    receive(running.gatherer, [trade("a")], datetime.now(NOW.tzinfo) - timedelta(seconds=100))


def send_bad_rows(running: Running) -> None:
    odd = trade("a")
    odd["msg"]["yes_price_dollars"] = "1.5000"
    receive(running.gatherer, [odd])
    merge(running.production, [running.gatherer])


def hold_a_stream(running: Running) -> None:
    """Let another deduplicator merge the stream."""
    stream = next(each for each in STREAMS if each.name == "trades")
    with ExitStack() as stack:
        held, waiting = (
            stack.enter_context(closing(StreamMerge(stream, running.settings, threading.Event(), EVERYTHING)))
            for _ in range(2)
        )
        first, second = (stack.enter_context(running.ops("deduplicator")) for _ in range(2))
        assert held.prepare(first)
        assert not waiting.prepare(second)
        running.state.streams["trades"] = waiting.state


def break_upkeep(running: Running) -> None:
    with running.ops() as owner, running.ops("deduplicator") as connection:
        upkeep = Upkeep(running.settings, threading.Event(), running.state.tasks["upkeep"])
        assert upkeep.take_lock(connection)
        owner.execute("alter table ops.late_rows rename to late_rows_elsewhere")
        upkeep.tick(connection)


def fill_production(running: Running, kept: list[float]) -> None:
    running.settings.retention.database_bytes_max = 400 * GB
    with running.ops("deduplicator") as connection:
        growth(connection, kept)


def keep_old_transactions(running: Running) -> None:
    with running.ops() as owner:
        owner.execute("set allow_system_table_mods = on")
        owner.execute(OLD_TRANSACTIONS.replace("%%", "%").encode())


def make_no_backup(running: Running) -> None:
    with running.ops() as ops:
        ops.execute("insert into ops.backups values ('full', now() - interval '3 days')")


def lose_minutes(running: Running) -> None:
    with running.ops() as ops:
        forget_maintenance(ops)
        classify(ops, gap=run(100, 90))


def make_a_wrong_book(running: Running) -> None:
    with running.ops() as ops:
        ops.execute(CHECK, ("KXA-1", ago(60), ago(75), False, 3, None))


def dispute_changes(running: Running) -> None:
    with running.ops() as ops:
        ops.execute(LINE_COUNT, (ago(60), UUID(int=1), ago(60), ago(50), ago(60), ago(50)))


def follow_no_book(running: Running) -> None:
    with running.ops() as ops:
        ops.execute(EXPECTED, ("KXA-1", ago(60)))


def break_the_count(running: Running) -> None:
    with running.ops() as owner:
        owner.execute("alter table ops.gaps rename to gaps_elsewhere")


def lose_the_store(running: Running) -> None:
    """Export to a folder that cannot be made, hours that have waited since the morning."""
    (running.folder / "bucket").write_text("a file, not a folder")
    with running.ops("deduplicator") as connection:
        exporting.fill(connection)
        connection.execute("update ops.archive_partitions set opened_at = now() - interval '7 h'")
        exporter = exporting.exporter(exporting.settings(running.production, running.folder))
        with exporter.session() as session, suppress(ArchiveError, OSError):
            exporter.tick(session)
    running.state.archive = exporter.state


def fill_hours(running: Running, *, can_pack: bool) -> None:
    with running.ops("deduplicator") as connection:
        connection.execute(packing_scene.ENSURE, (packing_scene.DAY, packing_scene.DAY + 4 * packing_scene.HOUR))
        connection.execute(packing_scene.INSERT, (packing_scene.DAY, packing_scene.DAY + 4 * packing_scene.HOUR))
        if not can_pack:
            packing_scene.refuse(running.production, "false")
            packing_scene.pack(connection)


FAULTS: dict[str, Callable[[Running], Any]] = {
    "GathererLost": lose_a_gatherer,
    "MergeBehind": stop_merging,
    "RowsRejected": send_bad_rows,
    "StreamFailing": hold_a_stream,
    "TaskFailing": break_upkeep,
    "ProductionFullSoon": lambda running: fill_production(running, [100 + 0.4 * place for place in range(130)]),
    "ProductionFullTomorrow": lambda running: fill_production(running, [0.0, 15.0, 31.0, 45.0]),
    "ArchiveFailing": lose_the_store,
    "ArchiveBehind": lose_the_store,
    "PackingBehind": lambda running: fill_hours(running, can_pack=True),
    "PackingFails": lambda running: fill_hours(running, can_pack=False),
    "TransactionsOld": keep_old_transactions,
    "BackupLate": make_no_backup,
    "MinutesLost": lose_minutes,
    "BooksWrong": make_a_wrong_book,
    "ChangesDisputed": dispute_changes,
    "BooksMissing": follow_no_book,
    "CompletenessUnknown": break_the_count,
}


@pytest.mark.parametrize("alert", FAULTS)
def test_the_alert_fires_after_its_fault(running: Running, alert: str) -> None:
    """On a busy machine a measurement may run out of time, and the next one counts."""
    FAULTS[alert](running)
    wait_until(lambda: running.alerts(alert), f"{alert} fires")


def test_no_alert_about_a_healthy_deduplicator_fires(running: Running) -> None:
    beat(running.gatherer, 0)
    # An answer that stays the same for an hour means that nothing is counted any more.
    assert not running.alerts("|".join(FAULTS.keys() - {"CompletenessUnknown"}))
    assert not running.alerts("CompletenessUnknown", minutes=40)


def test_an_alert_fires_before_a_certificate_ends(running: Running) -> None:
    certificate, measurements = write_certificate(running.folder / "server.pem"), Measurements()
    with server(certificate) as port:
        place = f"host=127.0.0.1 port={port} sslmode=verify-full sslrootcert={certificate}"
        running.settings.gatherers[0].kalshi_meta.conninfo = place
        counting = CompletenessMonitor(running.settings, measurements)
        counting.measure()
        counting.close()
    assert set(measurements.certificates) == {"kalshi_meta of gatherer 1"}
    assert running.alerts("CertificateEnds", serve(read_metrics(measurements, State(), HealthReport())))


def test_an_alert_fires_while_the_log_reaches_no_backup(running: Running, engine: Engine, server_folder: Path) -> None:
    with archiving_production(engine, server_folder) as running.production:
        running.settings = settings(running.production, [running.gatherer])
        wait_for_log(engine, running.production, is_failing=True)
        # A second counts as many days.
        failing = r"(?<=archiving_failing_seconds )\d\S*$"
        answer = re.sub(failing, lambda m: str(float(m[0]) * 1e6), running.answer(), flags=re.M)
        assert running.alerts("ArchivingFails", answer)


def test_each_alert_about_the_deduplicator_has_its_fault() -> None:
    tested = {*FAULTS, "CertificateEnds", "ArchivingFails"}
    assert tested == {rule["alert"] for rule in rules("deduplicator", "completeness")}
