"""Each alert about the gatherer, and about any program, fires after its fault was made in the parts of a gatherer."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import web

from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.monitoring.metrics import read_metrics
from kalshi_data.kalshi.feed import FeedConnection
from kalshi_data.service.health import HealthReport, Reason, Severity
from tests.integration.gatherer import test_gap_repair as gap_scene
from tests.integration.gatherer.test_account import FAST, LIMITED, WIDE, answered, chosen, hurry, late, listed
from tests.integration.gatherer.test_feed import SUBSCRIBED, gather
from tests.integration.gatherer.test_feed import delta as change
from tests.integration.gatherer.test_growth import GB, remember
from tests.integration.gatherer.test_growth import run as measure_growth
from tests.integration.gatherer.test_health import get
from tests.integration.gatherer.test_holders import cover
from tests.integration.gatherer.test_retention import fill, look, size_of
from tests.support.alerting import fires, rules, serve
from tests.support.disks import measure_as
from tests.support.engines import Database
from tests.support.receiving import Station, delta, snapshot, station
from tests.support.waiting import wait_until_async
from tests.unit.gatherer import test_supervisor as connection_scene
from tests.unit.gatherer.test_supervisor import refuse, supervise
from tests.unit.service.test_health import free_port

__all__ = ["quick", "soon"]
# Repeat requests and connections without a pause.
quick, soon = gap_scene.quick, connection_scene.soon


class Scene(NamedTuple):
    """What a fault is made in."""

    database: Database
    folder: Path
    monkeypatch: pytest.MonkeyPatch


def send(scene: Scene, *frames: bytes) -> Counters:
    """Let the exchange send frames of an order book, and end the connection."""
    return gather(scene.database, scene.folder, [SUBSCRIBED, *frames]).counters


def refuse_a_channel(scene: Scene) -> Counters:
    refused = b'{"type":"error","id":1,"msg":{"code":8,"msg":"Unknown channel name"}}'
    acknowledged = b'{"type":"subscribed","id":2,"msg":{"channel":"trade","sid":1}}'
    return gather(scene.database, scene.folder, [refused, acknowledged], ()).counters


def refuse_a_market(scene: Scene) -> Counters:
    counters = Counters()
    refused = gather(
        scene.database, scene.folder, [b'{"type":"error","id":1,"msg":{"code":14,"msg":"Market Ticker required"}}']
    ).refused
    assert refused
    counters.refused_markets.update(refused)
    return counters


def refuse_the_handshake(scene: Scene, body: bytes) -> Counters:
    return supervise(scene.folder, refuse(401, body), lambda counters: bool(counters.refused))[0]


def fail_in_a_connection(scene: Scene) -> Counters:
    async def broken(spec: ConnectionSpec, websocket: FeedConnection) -> str:
        raise KeyError(spec.name, websocket)

    handler = connection_scene.accept
    return supervise(scene.folder, handler, lambda counters: bool(counters.connection_errors), broken)[0]


def drop_unread_rows(scene: Scene) -> Counters:
    fill(scene.database)
    return look(scene.database, database_bytes_max=size_of(scene.database) - 1)


def fill_the_database(scene: Scene) -> Counters:
    remember(scene.database, range(1, 24), GB)
    return measure_growth(scene.database, database_bytes_max=100 * GB)


def assign_without_a_connection(scene: Scene) -> Counters:
    del scene
    counters = Counters()
    SubscriptionAllocator(SubscriptionSettings(), counters).assign(["KXA-1", "KXA-2"])
    return counters


def want_more_than_fits(scene: Scene) -> Counters:
    del scene
    counters = Counters()
    settings = SubscriptionSettings(connections_max=3, markets_per_connection_max=10)
    SubscriptionAllocator(settings, counters).assign([f"KXA-{number}" for number in range(10)])
    assert counters.markets_unassigned == 0
    return counters


def use_a_wide_key(scene: Scene) -> Counters:
    hurry(scene.monkeypatch)
    return answered(late(listed(WIDE), LIMITED), chosen("mine", **FAST))[0]


def lose_trades(scene: Scene) -> Counters:
    listed, found = gap_scene.exchange(), list[Counters]()
    response = {"status": 400, "text": "min_ts is out of range"}
    listed.answers[gap_scene.LIVE] = gap_scene.refuse(
        listed,
        lambda _: True,
        lambda: web.Response(**response),  # pyright: ignore[reportArgumentType]
    )

    async def use(one: gap_scene.Repair) -> None:
        one.recovery.request(datetime.now(UTC) - gap_scene.MINUTE, 1)
        await wait_until_async(lambda: one.counters.trade_gaps_unrepaired == 1)
        found.append(one.counters)

    gap_scene.repair(listed, scene.database, use)
    return found[0]


def start_a_second_one(scene: Scene) -> str:
    answers: list[str] = []

    async def run() -> None:
        async with station(scene.database, scene.folder / "first") as first:
            line = await cover(first)
            second = Station(scene.database, scene.folder / "second")
            second.start()
            await wait_until_async(lambda: second.counters.held_by)
            answers.append(answer(second.counters))
            line.closed("stopped")
        await second.stop()

    asyncio.run(run())
    return answers[0]


def answer(counters: Counters, severity: Severity | None = None) -> str:
    reasons = () if severity is None else (Reason(severity, "test", "made by the test"),)
    return serve(read_metrics(counters, HealthReport(reasons)))


FAULTS: dict[str, Callable[[Scene], Counters | str]] = {
    "FeedSilent": lambda scene: send(scene, change(1)),
    "FramesQuarantined": lambda scene: send(scene, change(1), b"not json"),
    "UnknownFields": lambda scene: send(scene, change(1, moon="full")),
    "BooksDiffer": lambda scene: send(scene, snapshot(1), delta(2), snapshot(3)),
    "MarketsRefused": refuse_a_market,
    "ChannelRefused": refuse_a_channel,
    "BooksRoomLow": want_more_than_fits,
    "KeyTooWide": use_a_wide_key,
    "KeyRefused": lambda scene: refuse_the_handshake(scene, b'{"code":"authentication_error"}'),
    "ClockOff": lambda scene: refuse_the_handshake(scene, b'{"error":{"message":"header timestamp expired"}}'),
    "ConnectionErrors": fail_in_a_connection,
    "UnreadRowsDropped": drop_unread_rows,
    "CaptureFullSoon": fill_the_database,
    "BooksNotSubscribed": assign_without_a_connection,
    "TradeGapsUnrepaired": lose_trades,
    "WaitingForLock": start_a_second_one,
}


@pytest.mark.usefixtures("within_a_day")
@pytest.mark.parametrize("alert", FAULTS)
def test_the_alert_fires_after_its_fault(
    kalshi_ts: Database, tmp_path: Path, promtool: Path, monkeypatch: pytest.MonkeyPatch, alert: str
) -> None:
    found = FAULTS[alert](Scene(kalshi_ts, tmp_path, monkeypatch))
    assert fires(promtool, tmp_path, alert, found if isinstance(found, str) else answer(found))


def test_no_alert_about_a_new_gatherer_fires(promtool: Path, tmp_path: Path) -> None:
    counters = Counters()
    counters.last_frame_at_seconds = time.time() + 10 * 3_600  # frames keep coming
    assert not fires(promtool, tmp_path, "|".join(FAULTS), answer(counters))


def test_silence_raises_no_alert_in_maintenance(promtool: Path, tmp_path: Path) -> None:
    now = time.time()
    silent = Counters(last_frame_at_seconds=now - 600, exchange_schedule_at_seconds=now)
    assert fires(promtool, tmp_path, "FeedSilent", answer(silent))
    silent.maintenance_windows = [(now - 900, now + 900)]
    assert not fires(promtool, tmp_path, "FeedSilent", answer(silent))


def test_an_alert_fires_while_a_disk_becomes_full(
    promtool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[str] = []
    for free in (9 * GB, 3 * GB):
        measure_as(monkeypatch, free)
        counters = Counters()
        log = FrameLogWriter(FrameLogSettings(folder=tmp_path / "frames"), counters)
        log.open()
        log.close()
        assert counters.log_free_bytes == free
        answers.append(answer(counters))
    assert fires(promtool, tmp_path, "FrameLogSpaceLow", *answers)


def test_an_alert_fires_while_frames_wait_to_be_committed(promtool: Path, tmp_path: Path) -> None:
    assert fires(promtool, tmp_path, "CommitBehind", answer(Counters(behind_frames=100_001)))


@pytest.mark.parametrize(
    ("alert", "severity"), [("ProgramUnhealthy", Severity.UNHEALTHY), ("ProgramDegraded", Severity.DEGRADED)]
)
def test_an_alert_fires_while_a_program_is_not_healthy(
    promtool: Path, tmp_path: Path, alert: str, severity: Severity
) -> None:
    assert fires(promtool, tmp_path, alert, answer(Counters(), severity))
    assert not fires(promtool, tmp_path, alert, answer(Counters()))


def test_an_alert_fires_while_a_program_does_not_answer(promtool: Path, tmp_path: Path) -> None:
    status, _ = get(free_port(), "/metrics")
    assert fires(promtool, tmp_path, "ProgramDown", f'# TYPE up gauge\nup{{job="gatherer"}} {int(status == 200)}\n')


def test_an_alert_fires_if_a_program_starts_again_and_again(promtool: Path, tmp_path: Path) -> None:
    answers = [answer(Counters(started_at_seconds=time.time() + 60 * start)) for start in range(8)]
    assert fires(promtool, tmp_path, "ProgramRestarts", *answers, minutes=4)
    assert not fires(promtool, tmp_path, "ProgramRestarts", *answers[:3], minutes=4)


def test_each_alert_about_the_gatherer_and_any_program_has_its_fault() -> None:
    tested = {*FAULTS, "FrameLogSpaceLow", "CommitBehind"}
    tested |= {"ProgramUnhealthy", "ProgramDegraded", "ProgramDown", "ProgramRestarts"}
    assert tested == {rule["alert"] for rule in rules("gatherer", "programs")}
