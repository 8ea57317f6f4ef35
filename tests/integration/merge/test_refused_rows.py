"""Rows that production refuses, and gatherers whose answers are odd: only they wait, and every good row is merged."""

import random
import string
from contextlib import closing
from threading import Event

import psycopg
import pytest

from kalshi_data.deduplicator.merge import source as source_module
from kalshi_data.deduplicator.merge.copy_format import TRAILER, join_rows, split_rows
from kalshi_data.deduplicator.merge.source import Batch
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.integration.merge.test_merge import MS, settled, ticker, trade
from tests.integration.merge.test_registry_streams import learn, market, read
from tests.integration.merge.test_tick import trade_ids
from tests.support.engines import Database
from tests.support.staging import claim, counts, merge, receive, settings
from tests.support.waiting import wait_until

BY_NAME = {stream.name: stream for stream in STREAMS}
# An index holds no more than 2,704 bytes of a text that cannot be compressed.
LONG = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=9_000))
RENAMED = "alter view sync.trades_v1 rename to trades_v0; "


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_ts") for _ in range(2)]


def rejected(production: Database) -> list[tuple[str, int, str]]:
    with production.connect() as superuser:
        found = superuser.execute("select stream, gatherer_id, reason from ops.rejected_rows order by 1, 2, 3")
        return found.fetchall()


def refuse(production: Database, condition: str, table: str = "market_data.hot_trades") -> None:
    with production.connect("kalshi_owner") as owner:
        owner.execute(f"alter table {table} add constraint refused check ({condition})".encode())


def test_a_text_too_long_for_an_index_is_refused_and_the_others_are_merged(
    make_database: MakeDatabase, production: Database
) -> None:
    metas = [make_database("kalshi_meta") for _ in range(2)]
    learn(metas[0], "markets", market("long", ticker="KXA-0", event_ticker=LONG), market("good"))
    learn(metas[1], "markets", market("other", ticker="KXA-2"))
    merge(production, metas, source="registry")
    assert read(production, "select ticker from market_data.markets order by 1") == [("KXA-1",), ("KXA-2",)]
    ((stream, gatherer_id, reason),) = rejected(production)
    assert (stream, gatherer_id) == ("markets", 1)
    assert "index" in reason
    assert [row[1:] for row in counts(production, "markets")] == [(2, 1, 0, 1), (1, 1, 0, 0)]
    # The cursor is behind it: nothing is repeated.
    merge(production, metas, source="registry")
    assert len(rejected(production)) == 1


@pytest.mark.parametrize("bad", [[0], [7], [0, 7, 15], range(16)])
def test_each_refused_row_is_found(production: Database, gatherers: list[Database], bad: list[int]) -> None:
    refuse(production, "trade_id not like 'bad%'")
    names = [f"bad {number}" if number in bad else f"good {number}" for number in range(16)]
    receive(gatherers[0], [trade(name, MS + number) for number, name in enumerate(names)])
    receive(gatherers[1], [trade("other")])
    merge(production, gatherers, ticks=2)
    good = sorted(name for name in names if name.startswith("good"))
    assert trade_ids(production) == [*good, "other"]
    assert [row[:2] for row in rejected(production)] == [("trades", 1)] * len(bad)
    assert [row[1:] for row in counts(production, "trades")] == [(16, 16 - len(bad), 0, len(bad)), (1, 1, 0, 0)]


def test_a_big_batch_is_read_again_in_smaller_ones(
    production: Database, gatherers: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "DIVIDED_ROWS_MAX", 10)
    refuse(production, "trade_id <> '3-3'")
    for number in range(6):
        receive(gatherers[0], [trade(f"{number}-{each}") for each in range(10)], number=number + 1)
    merge(production, gatherers[:1], ticks=20)
    assert len(trade_ids(production)) == 59
    assert len(rejected(production)) == 1
    assert [row[1:] for row in counts(production, "trades")] == [(60, 59, 0, 1)]


@pytest.mark.parametrize(("name", "frames"), [("tickers", [ticker("0.4")]), ("lifecycle_events", [settled(0)])])
def test_every_stream_has_a_quarantine(
    production: Database, gatherers: list[Database], name: str, frames: list[dict[str, object]]
) -> None:
    refuse(production, "false", BY_NAME[name].target)
    receive(gatherers[0], [*frames, trade("a")])
    merge(production, gatherers)
    assert [row[:2] for row in rejected(production)] == [(name, 1)]
    assert trade_ids(production) == ["a"]


def test_coverage_has_a_quarantine(production: Database, gatherers: list[Database]) -> None:
    refuse(production, "name <> 'bad'", "ops.connections")
    opened = "insert into capture.connections (connection_id, name, url, use_yes_price, opened_at) values"
    with gatherers[0].connect("gatherer") as connection:
        connection.execute(f"{opened} (1, 'bad', '', false, now()), (2, 'good', '', false, now())".encode())
    merge(production, gatherers)
    with production.connect() as superuser:
        assert superuser.execute("select name from ops.connections").fetchall() == [("good",)]
    assert [row[:2] for row in rejected(production)] == [("connections", 1)]


def test_a_row_that_cannot_be_staged_is_kept_as_received(production: Database, gatherers: list[Database]) -> None:
    """A gatherer's database without an encoding may hold any bytes."""
    receive(gatherers[0], [trade("a"), trade("broken"), trade("c")])
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers[:1]), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        (source,) = merging._sources  # pyright: ignore[reportPrivateUsage]
        source.open()
        original = source.poll

        def poll(after: str) -> Batch | None:
            batch = original(after)
            return batch and batch._replace(received=batch.received.replace(b"broken", b"brok\xffn"))

        source.poll = poll
        wait_until(lambda: merging.tick(connection))
    assert trade_ids(production) == ["a", "c"]
    with production.connect() as superuser:
        found = superuser.execute("select reason, body, ingest_xid::text::bigint from ops.rejected_rows").fetchall()
    ((reason, body, position),) = found
    assert "invalid byte sequence" in reason
    assert b"brok\xffn" in bytes.fromhex(body["received"])
    assert position > 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (RENAMED, "does not exist"),
        (
            RENAMED + "create view sync.trades_v1 as select ingest_xid, exchange_ts, received_at, trade_id, "
            "market_ticker, yes_price, no_price, size, taker_side, time_digits from sync.trades_v0",
            "is_block_trade",
        ),
        (
            RENAMED + "create view sync.trades_v1 as select ingest_xid, exchange_ts, received_at, trade_id, "
            "market_ticker, yes_price, no_price, size::integer as size, taker_side, is_block_trade, "
            "time_digits from sync.trades_v0",
            "",
        ),
        (
            RENAMED + "create view sync.trades_v1 as select ingest_xid, exchange_ts, received_at, trade_id, "
            "market_ticker, yes_price, no_price, size, taker_side, 'maybe' as is_block_trade, time_digits "
            "from sync.trades_v0",
            "",
        ),
        (
            RENAMED + "create view sync.trades_v1 as select t.ingest_xid, t.exchange_ts, t.received_at, t.trade_id, "
            "t.market_ticker, 1 / 0 * t.yes_price as yes_price, t.no_price, t.size, t.taker_side, t.is_block_trade, "
            "t.time_digits from sync.trades_v0 as t",
            "division by zero",
        ),
    ],
    ids=["no view", "no column", "a number of another type", "text for a boolean", "an error on each read"],
)
def test_an_odd_stream_of_one_gatherer_waits_and_all_others_go_on(
    production: Database, gatherers: list[Database], change: str, reason: str
) -> None:
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers), Event())
    receive(gatherers[0], [trade("a"), trade("b")])
    receive(gatherers[1], [trade("b"), trade("c"), ticker("0.4")])
    with gatherers[1].connect("gatherer") as odd, closing(merging):
        odd.execute((change + "; grant select on all tables in schema sync to dedup_reader").encode())
        with production.connect("deduplicator") as connection:
            claim(merging, connection)
            wait_until(lambda: merging.tick(connection) >= 0 and merging.state.gatherer_errors[2])
            assert reason in str(merging.state.gatherer_errors[2])
            receive(gatherers[0], [trade("d")], number=2)
            wait_until(lambda: merging.tick(connection) >= 0 and trade_ids(production) == ["a", "b", "d"])
            assert merging.state.gatherer_errors[1] is None
            assert merging.state.error is None
            odd.execute("drop view if exists sync.trades_v1; alter view sync.trades_v0 rename to trades_v1")
            wait_until(lambda: merging.tick(connection) >= 0 and trade_ids(production) == ["a", "b", "c", "d"])
            wait_until(lambda: merging.tick(connection) >= 0 and merging.state.gatherer_errors[2] is None)
    assert rejected(production) == []


@pytest.mark.parametrize("select", ["null::uuid as epoch", "'x' as epoch", "gen_random_uuid() as epoch where false"])
def test_a_gatherer_without_an_epoch_waits(production: Database, gatherers: list[Database], select: str) -> None:
    receive(gatherers[0], [trade("a")])
    receive(gatherers[1], [trade("b")])
    with gatherers[1].connect("gatherer") as odd:
        odd.execute(f"drop view sync.instance_v1 cascade; create view sync.instance_v1 as select {select}".encode())
        odd.execute("grant select on sync.instance_v1 to dedup_reader")
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        wait_until(lambda: merging.tick(connection) >= 0 and merging.state.gatherer_errors[2])
        wait_until(lambda: merging.tick(connection) >= 0 and trade_ids(production) == ["a"])
        assert "has no epoch" in str(merging.state.gatherer_errors[2])


def test_a_fault_of_production_stops_one_stream_and_shows_the_reason(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [trade("a")])
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers[:1]), Event())
    with closing(merging), production.connect("deduplicator") as connection, production.connect() as superuser:
        claim(merging, connection)
        superuser.execute("alter function ops.rejection_reason rename to renamed")
        wait_until(lambda: merging.tick(connection) >= 0 and merging.state.has_no_gatherer)
        assert "rejection_reason" in str(merging.state.gatherer_errors[1])
        superuser.execute("alter function ops.renamed rename to rejection_reason")
        wait_until(lambda: merging.tick(connection) >= 0 and trade_ids(production) == ["a"])
        assert not merging.state.has_no_gatherer


def test_rows_are_divided_and_joined_as_they_were(kalshi_ts: Database) -> None:
    with kalshi_ts.connect() as connection, connection.cursor() as cursor:
        statement = (
            "copy (select n, null::text, repeat('x', n) from generate_series(0, 9) as n) to stdout (format binary)"
        )
        with cursor.copy(statement.encode()) as copy:
            received = b"".join(bytes(part) for part in copy)
    header, divided = split_rows(received)
    assert len(divided) == 10
    assert join_rows(header, divided) == received
    assert join_rows(header, []) == header + TRAILER


def test_an_error_of_the_connection_is_no_reason_to_divide(
    production: Database, gatherers: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(gatherers[0], [trade("a")])
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers[:1]), Event())

    def fail(*_: object) -> None:
        raise psycopg.errors.DiskFull

    monkeypatch.setattr("kalshi_data.deduplicator.merge.batch_merge.BatchMerge.write", fail)
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        with pytest.raises(psycopg.errors.DiskFull):
            wait_until(lambda: merging.tick(connection))
    assert rejected(production) == []
