"""The frame log is decoded again, and printed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.cli import main
from kalshi_data.gatherer.frame_log.reader import last_record, records_from
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.repair.export_frames import export_frames
from kalshi_data.gatherer.repair.reparse import ReparseTotals, reparse
from kalshi_data.gatherer.settings import DatabaseSettings, ExchangeSettings, GathererSettings
from kalshi_data.settings import Conninfo
from kalshi_data.shard import Shard
from kalshi_data.simulator.venue.recording import read_recording
from tests.integration.gatherer.test_batch_writer import receive
from tests.support.engines import Database
from tests.support.receiving import BOOKS_SUBSCRIBED, delta, fetch, snapshot

HOUR = timedelta(hours=1)
HELD = "select seq, occurrence from capture.orderbook_deltas order by seq"
COVERAGE = "select s.*, c.closed_at from capture.subscriptions as s, capture.connections as c order by s.began_at"


def settings(database: Database, folder: Path) -> GathererSettings:
    conninfo = Conninfo(conninfo=database.conninfo("gatherer"))
    exchange = ExchangeSettings(
        rest_url="http://localhost", websocket_url="ws://localhost", key_id="", private_key_file=Path()
    )
    databases = DatabaseSettings(kalshi_ts=conninfo, kalshi_meta=conninfo)
    return GathererSettings(exchange=exchange, databases=databases, frame_log=FrameLogSettings(folder=folder))


def again(database: Database, folder: Path) -> ReparseTotals:
    now = datetime.now(UTC)
    return reparse(settings(database, folder), now - HOUR, now + HOUR, lambda _: None)


def test_rows_that_are_missing_are_added_once_and_coverage_stays_as_it_is(kalshi_ts: Database, tmp_path: Path) -> None:
    equal = [delta(seq, clock=3) for seq in range(2, 40)]
    receive(kalshi_ts, tmp_path, [BOOKS_SUBSCRIBED, snapshot(1), *equal, snapshot(40)])
    whole, states = fetch(kalshi_ts, HELD), fetch(kalshi_ts, COVERAGE)
    assert again(kalshi_ts, tmp_path) == ReparseTotals(40, 0)
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.orderbook_deltas where seq between 10 and 20")
    assert again(kalshi_ts, tmp_path) == ReparseTotals(40, 11)
    assert fetch(kalshi_ts, HELD) == whole
    assert again(kalshi_ts, tmp_path) == ReparseTotals(40, 0)
    assert fetch(kalshi_ts, COVERAGE) == states


def test_a_snapshot_that_an_equal_one_stands_for_is_not_missing(kalshi_ts: Database, tmp_path: Path) -> None:
    snapshots = [snapshot(seq, clock=7) for seq in range(1, 6)]
    receive(kalshi_ts, tmp_path, [BOOKS_SUBSCRIBED, *snapshots])
    held = fetch(kalshi_ts, "select seq, received_at from capture.orderbook_snapshots order by 2")
    assert held[0][0] == 1
    # If an hour has ended meanwhile, its first snapshot is stored, too.
    assert len(held) in {1, 2}
    count = ReparseTotals(len(held), 0)
    assert again(kalshi_ts, tmp_path) == count
    # Some of the frames only: those before them are read from the beginning of their hour.
    chosen = settings(kalshi_ts, tmp_path)
    begin = held[-1][1] + timedelta(microseconds=1)
    assert reparse(chosen, begin, begin + HOUR, lambda _: None) == ReparseTotals(0, 0)
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.orderbook_snapshots")
    assert again(kalshi_ts, tmp_path) == ReparseTotals(len(held), len(held))


def test_frames_that_are_not_committed_yet_are_left_to_the_gatherer(kalshi_ts: Database, tmp_path: Path) -> None:
    receive(kalshi_ts, tmp_path, [BOOKS_SUBSCRIBED, snapshot(1), *(delta(seq) for seq in range(2, 10))])
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.orderbook_deltas")
        connection.execute("update capture.flush_position set frame_number = frame_number - 5")
    added = again(kalshi_ts, tmp_path).added
    last = last_record(tmp_path)
    assert last is not None
    held = fetch(
        kalshi_ts,
        "select max(frame_number) <= (select frame_number from capture.flush_position) from capture.orderbook_deltas",
    )
    assert (0 < added < 8, held) == (True, [(True,)])


def test_a_time_without_frames_is_an_error(kalshi_ts: Database, tmp_path: Path) -> None:
    receive(kalshi_ts, tmp_path, [BOOKS_SUBSCRIBED])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(SettingsError, match=r"holds no frames from 2020-01-01.*age_seconds_max"):
        reparse(settings(kalshi_ts, tmp_path), begin, begin + HOUR, lambda _: None)


def test_printed_frames_are_a_recording(kalshi_ts: Database, tmp_path: Path) -> None:
    frames = [BOOKS_SUBSCRIBED, snapshot(1), delta(2), delta(3)]
    receive(kalshi_ts, tmp_path / "frames", frames)
    file = tmp_path / "gatherer.toml"
    file.write_text(
        f"""
        [exchange]
        rest_url = "http://localhost"
        websocket_url = "ws://localhost"
        key_id = ""
        private_key_file = "key.pem"
        [databases]
        kalshi_ts.conninfo = "{kalshi_ts.conninfo("gatherer")}"
        kalshi_meta.conninfo = "{kalshi_ts.conninfo("gatherer")}"
        [frame_log]
        folder = "{tmp_path / "frames"}"
        """
    )
    now = datetime.now(UTC)
    span = ["--config", str(file), "--from", (now - HOUR).isoformat(), "--to", (now + HOUR).isoformat()]
    printed = CliRunner().invoke(main, ["frames", *span], catch_exceptions=False).output
    connection_id = str(msgspec.json.decode(printed.splitlines()[0])["connection_id"])
    assert CliRunner().invoke(main, ["frames", *span, "--connection", connection_id]).output == printed
    assert CliRunner().invoke(main, ["frames", *span, "--connection", "1"]).output == ""
    (tmp_path / "frames.jsonl").write_text(printed)
    assert [frame.type for frame in read_recording(tmp_path / "frames.jsonl")] == [
        *("orderbook_snapshot", "orderbook_delta", "orderbook_delta"),
    ]
    assert len(list(records_from(tmp_path / "frames", 0))) > len(frames)
    added = CliRunner().invoke(main, ["reparse", *span], catch_exceptions=False).output
    assert added == "frame log: 3 rows read, 0 added\n"


def test_the_logs_of_all_shards_are_read(kalshi_ts: Database, tmp_path: Path) -> None:
    for number in (1, 2):
        frames = [BOOKS_SUBSCRIBED, snapshot(1, ticker=f"KXA-{number}"), delta(2, ticker=f"KXA-{number}")]
        receive(kalshi_ts, tmp_path, frames, shard=Shard(number, 2))
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.orderbook_deltas")
    assert again(kalshi_ts, tmp_path) == ReparseTotals(4, 2)
    now = datetime.now(UTC)
    assert len(list(export_frames(tmp_path, now - HOUR, now + HOUR, None))) == 6
