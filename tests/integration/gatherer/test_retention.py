"""What a gatherer's retention drops: old rows that are merged, and the oldest of all where disk runs out."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from kalshi_data.database.connection import query
from kalshi_data.gatherer import retention as retention_module
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.retention import RetentionJob
from kalshi_data.shard import EVERYTHING, Shard
from tests.integration.gatherer.test_health import settings
from tests.support.engines import Database, Engine
from tests.support.staging import frame, merge, receive

pytestmark = [pytest.mark.usefixtures("within_a_day"), pytest.mark.each_engine]

DAYS = (20, 10, 1, 0)
WEEK = {"captured_hours": 7 * 24}
LISTED = tuple(name for name in retention_module.HISTORIES if name != "exchange_status")


def now() -> datetime:
    """Return the time of the test itself: midnight may have passed since this file was loaded."""
    return datetime.now(UTC)


def trade(trade_id: str) -> dict[str, Any]:
    body = {
        "trade_id": trade_id,
        "market_ticker": "KXA-1",
        "yes_price_dollars": "0.4300",
        "no_price_dollars": "0.5700",
        "count_fp": "3.50",
        "taker_side": "yes",
        "ts_ms": int(now().timestamp() * 1000),
    }
    return frame("trade", body)


def fill(database: Database, days: Sequence[int] = DAYS) -> None:
    """Receive a trade on each of these days, named after the days it is old."""
    for number, day in enumerate(days, start=1):
        receive(database, [trade(str(day))], now() - timedelta(days=day), number)
    # The partitions of the other streams, made with those of the trades, hold nothing.
    with database.connect() as connection:
        others = "select timeseries.drop_partitions(s.target, 'infinity') from timeseries.series as s"
        connection.execute(f"{others} where s.target <> 'capture.trades'::regclass".encode())


def held(database: Database) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute("select trade_id from capture.trades order by received_at").fetchall()
    return [trade_id for (trade_id,) in rows]


def acknowledge(database: Database, stream: str = "trades", until: str | None = None) -> str:
    """Say that a stream is merged up to a trade, or all of it."""
    with database.connect() as connection:
        newest = "select ingest_xid::text from capture.trades where coalesce(trade_id = %s, true)"
        newest += " order by ingest_xid desc limit 1"
        row = connection.execute(newest.encode(), (until,)).fetchone()
    with database.connect("dedup_reader") as connection:
        said = connection.execute("select sync.acknowledge(%s, %s)::text", (stream, row[0] if row else "0")).fetchone()
    return str(said[0]) if said else ""


def look(database: Database, shard: Shard = EVERYTHING, **chosen: Any) -> Counters:
    counters = Counters()
    counters.exchange_clock.is_known = True
    RetentionJob(settings(database, {**WEEK, **chosen}), counters, shard=shard).run_once()
    return counters


def test_nothing_is_dropped_for_its_age_before_the_exchange_confirms_the_clock(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    acknowledge(kalshi_ts)
    RetentionJob(settings(kalshi_ts, WEEK), Counters()).run_once()
    assert held(kalshi_ts) == ["20", "10", "1", "0"]
    look(kalshi_ts)
    assert held(kalshi_ts) == ["1", "0"]


def test_unacknowledged_rows_are_kept_at_any_age(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    counters = look(kalshi_ts)
    assert held(kalshi_ts) == ["20", "10", "1", "0"]
    assert not counters.partitions_dropped
    assert counters.retention_failure == ""


def test_old_partitions_that_are_merged_are_dropped(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    acknowledge(kalshi_ts)
    counters = look(kalshi_ts)
    assert held(kalshi_ts) == ["1", "0"]
    assert counters.partitions_dropped["trades"] == 2
    assert not counters.unread_partitions_dropped
    assert look(kalshi_ts).partitions_dropped["trades"] == 0


def test_the_first_shard_drops_and_each_measures(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    acknowledge(kalshi_ts)
    found = look(kalshi_ts, Shard(2, 2), database_bytes_max=1)
    assert (held(kalshi_ts), found.database_bytes > 0, found.retention_failure) == (["20", "10", "1", "0"], True, "")
    assert look(kalshi_ts, Shard(1, 2)).partitions_dropped["trades"] == 2


def test_a_partition_goes_only_when_its_newest_row_is_merged(kalshi_ts: Database) -> None:
    fill(kalshi_ts, (20, 10))
    receive(kalshi_ts, [trade("20, late")], now() - timedelta(days=20), 3)
    acknowledge(kalshi_ts, until="10")
    look(kalshi_ts)
    assert held(kalshi_ts) == ["20", "20, late"]


def test_streams_are_acknowledged_each_for_itself(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    acknowledge(kalshi_ts, stream="tickers")
    look(kalshi_ts)
    assert held(kalshi_ts) == ["20", "10", "1", "0"]


def test_how_long_rows_are_kept_is_a_setting(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    acknowledge(kalshi_ts)
    look(kalshi_ts, captured_hours=15 * 24)
    assert held(kalshi_ts) == ["10", "1", "0"]


def size_of(database: Database) -> int:
    with database.connect() as connection:
        row = connection.execute("select pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def test_room_is_made_with_merged_rows_first(kalshi_ts: Database) -> None:
    fill(kalshi_ts, (20, 10, 5, 2, 0))
    acknowledge(kalshi_ts, until="5")
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.trades where trade_id in ('20', '10')")
    # The two emptied partitions count as merged, as does the one of five days ago, which is not old enough otherwise.
    counters = look(kalshi_ts, captured_hours=400 * 24, database_bytes_max=size_of(kalshi_ts) - 1)
    assert counters.partitions_dropped["trades"] == 1
    assert not counters.unread_partitions_dropped
    assert held(kalshi_ts) == ["5", "2", "0"]
    counters = look(kalshi_ts, captured_hours=400 * 24, database_bytes_max=size_of(kalshi_ts) - 60_000)
    assert not counters.unread_partitions_dropped
    assert held(kalshi_ts)[-2:] == ["2", "0"]


def test_a_row_that_comes_while_room_is_made_is_not_dropped_as_merged(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(kalshi_ts, (20, 0))
    acknowledge(kalshi_ts)
    found = retention_module.query

    def receive_late(name: str) -> bytes:
        if name == "capture/retention/drop_partition":
            receive(kalshi_ts, [trade("late")], now() - timedelta(days=20), 3)
        return found(name)

    monkeypatch.setattr(retention_module, "query", receive_late)
    counters = look(kalshi_ts, captured_hours=400 * 24, database_bytes_max=size_of(kalshi_ts) - 1)
    assert held(kalshi_ts) == ["20", "late", "0"]
    assert counters.partitions_dropped["trades"] == 0


def test_a_bound_on_disk_wins_over_the_acknowledgement_with_an_alarm(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    counters = look(kalshi_ts, database_bytes_max=size_of(kalshi_ts) - 1)
    assert held(kalshi_ts) == ["10", "1", "0"]
    assert counters.unread_partitions_dropped == {"trades": 1}
    assert time.time() - counters.unread_dropped_at_seconds < 60
    assert counters.retention_failure == ""


def test_todays_rows_are_kept_even_if_the_database_stays_over_its_limit(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    counters = look(kalshi_ts, database_bytes_max=1)
    assert held(kalshi_ts) == ["0"]
    assert counters.unread_partitions_dropped["trades"] == 3
    assert "more than 1," in counters.retention_failure


def test_without_a_bound_no_room_is_made(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    assert not look(kalshi_ts, database_bytes_max=0).partitions_dropped


def test_a_partition_in_use_is_reported_and_dropped_in_the_next_pass(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    acknowledge(kalshi_ts)
    with kalshi_ts.connect() as reading:
        reading.execute("begin")
        reading.execute("select count(*) from capture.trades")
        counters = look(kalshi_ts)
    assert counters.retention_failure == "old partitions of capture.trades are in use"
    assert held(kalshi_ts) == ["20", "10", "1", "0"]
    assert look(kalshi_ts).retention_failure == ""
    assert held(kalshi_ts) == ["1", "0"]


def test_a_row_that_arrives_late_is_not_dropped_unread(kalshi_ts: Database) -> None:
    """A writer that commits between looking and dropping: the lock makes it come first or not at all."""
    fill(kalshi_ts, (20,))
    acknowledge(kalshi_ts)
    with kalshi_ts.connect("gatherer") as writing:
        writing.execute("begin")
        late = (
            "insert into capture.trades select pg_current_xact_id(), received_at, sent_at, exchange_ts, connection_id,"
        )
        late += (
            " sid, seq, frame_number, 'late', market_ticker, yes_price, no_price, size, taker_side from capture.trades"
        )
        writing.execute(late.encode())
        assert look(kalshi_ts).retention_failure == "old partitions of capture.trades are in use"
        writing.execute("commit")
    look(kalshi_ts)
    assert held(kalshi_ts) == ["20", "late"]


def test_an_unreachable_database_is_reported(kalshi_ts: Database) -> None:
    counters = look(Database(kalshi_ts.server, "no_such_database"))
    assert counters.retention_failure.startswith("old rows cannot be dropped: ")


@pytest.mark.parametrize(("retry_seconds", "left"), [(30.0, "unreachable"), (0.0, "")])
def test_what_failed_is_tried_again_long_before_it_is_due(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch, retry_seconds: float, left: str
) -> None:
    monkeypatch.setattr(retention_module, "RETRY_SECONDS", retry_seconds)
    job = RetentionJob(settings(kalshi_ts), counters := Counters())
    job.run_if_due()
    counters.retention_failure = "unreachable"
    job.run_if_due()
    assert counters.retention_failure == left


BESIDE = {
    "quarantine": "insert into capture.quarantine"
    " (connection_id, received_at, reason, frame, frame_bytes, frame_sha256)"
    " select 1, %s, '', '', 0, '' from generate_series(1, 5)",
    "connections": "insert into capture.connections (connection_id, url, use_yes_price, opened_at, closed_at)"
    " select n, '', false, now(), %s from generate_series(1, 5) as n",
    "subscriptions": "insert into capture.subscriptions"
    " (connection_id, sid, channel, market_ticker, began_at, ended_at)"
    " select n, 1, '', '', now(), %s from generate_series(1, 5) as n",
    "gaps": "insert into capture.gaps"
    " (connection_id, sid, seq_expected, seq_received, detected_at, frame_number, channel, began_at)"
    " select 1, 1, 1, 2, %s, n, '', now() from generate_series(1, 5) as n",
}


@pytest.mark.parametrize(("table", "statement"), BESIDE.items(), ids=BESIDE)
def test_rows_beside_the_streams_go_when_they_are_old_and_merged(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch, table: str, statement: str
) -> None:
    monkeypatch.setattr(retention_module, "BATCH_ROWS_MAX", 2)

    def left() -> int:
        with kalshi_ts.connect() as connection:
            row = connection.execute(f"select count(*) from capture.{table}".encode()).fetchone()
        return int(row[0]) if row else 0

    with kalshi_ts.connect("gatherer") as connection:
        connection.execute(statement.encode(), (now() - timedelta(days=8),))
    if table != "quarantine":  # which no deduplicator reads
        assert look(kalshi_ts).rows_deleted[table] == 0
        with kalshi_ts.connect("dedup_reader") as connection:
            read = f"select sync.acknowledge('{table}', max(ingest_xid::text)::xid8) from sync.{table}_v1"
            connection.execute(read.encode())
    assert look(kalshi_ts, incident_days=9).rows_deleted[table] == 0
    assert left() == 5
    assert look(kalshi_ts).rows_deleted[table] == 5
    assert left() == 0


def test_what_is_still_open_is_kept(kalshi_ts: Database) -> None:
    with kalshi_ts.connect("gatherer") as connection:
        for table in ("connections", "subscriptions"):
            connection.execute(BESIDE[table].encode(), (None,))
    with kalshi_ts.connect("dedup_reader") as connection:
        for table in ("connections", "subscriptions"):
            read = f"select sync.acknowledge('{table}', max(ingest_xid::text)::xid8) from sync.{table}_v1"
            connection.execute(read.encode())
    assert not +look(kalshi_ts, incident_days=0.000001).rows_deleted


def test_an_acknowledgement_never_goes_back(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    newest = acknowledge(kalshi_ts)
    assert acknowledge(kalshi_ts, until="20") == newest


def refused(database: Database, stream: str, position: str) -> str:
    with database.connect("dedup_reader") as connection, pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        connection.execute("select sync.acknowledge(%s, %s)", (stream, position))
    return str(caught.value.diag.message_primary)


@pytest.mark.parametrize("stream", ["nonsense", "instance", "heartbeat", "trades_v1", ""])
def test_only_streams_can_be_acknowledged(kalshi_ts: Database, stream: str) -> None:
    assert refused(kalshi_ts, stream, "1") == f"unknown stream {stream}"


def test_a_position_that_cannot_have_been_read_is_refused(kalshi_ts: Database) -> None:
    """One of an older epoch, whose database had seen more transactions than the one that was restored."""
    fill(kalshi_ts)
    assert "cannot have been read yet" in refused(kalshi_ts, "trades", str(10**12))
    look(kalshi_ts)
    assert held(kalshi_ts) == ["20", "10", "1", "0"]


def test_what_a_deduplicator_has_merged_is_dropped(kalshi_ts: Database, production: Database) -> None:
    fill(kalshi_ts)
    look(kalshi_ts)
    assert held(kalshi_ts) == ["20", "10", "1", "0"]
    # The position is known after the tick that merged; the next poll after one with rows acknowledges it.
    merge(production, [kalshi_ts], acknowledge_seconds=0)
    receive(kalshi_ts, [trade("later")], now(), 9)
    merge(production, [kalshi_ts], ticks=2, acknowledge_seconds=0)
    look(kalshi_ts)
    assert held(kalshi_ts) == ["1", "0", "later"]
    with production.connect() as connection:
        merged = connection.execute("select trade_id from market_data.trades order by 1").fetchall()
    assert [trade_id for (trade_id,) in merged] == ["0", "1", "10", "20", "later"]


def test_replaced_bodies_go_when_they_are_old(kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "BATCH_ROWS_MAX", 2)
    counters = Counters()
    counters.exchange_clock.is_known = True
    with kalshi_meta.connect("gatherer") as connection:
        said = "insert into registry.exchange_status (kind, body_sha256, body, first_seen_at, confirmed_at)"
        said += " select n, '', '{}', now(), %s - n * interval '1 day' from generate_series(1, 5) as n"
        connection.execute(said.encode(), (now() - timedelta(days=7.5),))
        for table in LISTED:
            bodies = f"insert into registry.{table} (ticker, body, fetched_at, replaced_at)"
            bodies += " select n, '{}', now(), %s - n * interval '1 day' from generate_series(1, 5) as n"
            connection.execute(bodies.encode(), (now() - timedelta(days=7.5),))
        RetentionJob(settings(kalshi_meta, {"history_days": 10}), counters).delete_histories()
        assert connection.execute("select kind from registry.exchange_status order by 1").fetchall() == [("1",), ("2",)]
        for table in LISTED:
            left = connection.execute(f"select ticker from registry.{table} order by 1".encode()).fetchall()
            assert left == [("1",), ("2",)]
    assert counters.rows_deleted == dict.fromkeys(retention_module.HISTORIES, 3)


def test_merged_hours_of_the_busy_streams_go_after_hours(engine: Engine, kalshi_ts: Database) -> None:
    """No day has to be over first."""
    with kalshi_ts.connect("gatherer") as connection:
        for hours in (5, 3, 1):
            moment = {"moment": now() - timedelta(hours=hours)}
            connection.execute(query("capture/record/ensure_partitions"), moment)
    counters = look(kalshi_ts, captured_hours=2)
    # Empty partitions count as merged; TimescaleDB makes chunks when rows arrive.
    expected = 2 if engine.name == "plain" else 0
    busy = ("orderbook_deltas", "orderbook_snapshots", "tickers", "book_checks")
    assert {name: counters.partitions_dropped[name] for name in busy} == dict.fromkeys(busy, expected)
