"""The gatherer's writer: batches, refused rows, broken connections."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from kalshi_data.errors import KalshiDataError
from kalshi_data.gatherer import writer as writer_module
from kalshi_data.gatherer.batch import Item
from kalshi_data.gatherer.configuration import Writing
from kalshi_data.gatherer.writer import Writer
from tests.engines import Database
from tests.integration.staging import NOW


def trade(trade_id: str, frame: bytes = b"{}", **changes: Any) -> Item:
    values: dict[str, Any] = {
        "received_at": NOW,
        "sent_at": None,
        "exchange_ts": NOW,
        "connection_id": 1,
        "sid": 1,
        "seq": 1,
        "trade_id": trade_id,
        "market_ticker": "KXA-1",
        "yes_price": "0.4300",
        "no_price": "0.5700",
        "size": "3.50",
        "taker_side": "yes",
        "is_block_trade": None,
    }
    return Item("trades", tuple({**values, **changes}.values()), frame, 1, NOW)


def open_connection(database: Database) -> None:
    with database.connect("gatherer") as connection:
        connection.execute(
            "insert into capture.connections (connection_id, url, use_yes_price, opened_at)"
            " values (1, 'ws://exchange', false, now())"
        )


async def write(database: Database, items: list[Item], **settings: Any) -> Writer:
    writer = Writer(database.conninfo("gatherer"), Writing(**settings))
    running = asyncio.ensure_future(writer.run())
    for item in items:
        writer.put(item)
        await writer.room()
    writer.stop()
    await running
    return writer


def held(database: Database) -> list[str]:
    with database.connect() as connection:
        return [
            row[0] for row in connection.execute("select trade_id from capture.trades order by trade_id").fetchall()
        ]


def test_amounts_are_stored_as_they_were_sent(kalshi_ts: Database) -> None:
    asyncio.run(write(kalshi_ts, [trade("a", size="0.10", yes_price="0.430000")]))
    with kalshi_ts.connect() as connection:
        stored = connection.execute("select yes_price::text, size::text, is_block_trade from capture.trades").fetchone()
    assert stored == ("0.430000", "0.10", None)


def test_rows_are_written_in_batches_of_at_most_the_limit(kalshi_ts: Database) -> None:
    items = [trade(f"{number:03}") for number in range(100)]
    writer = asyncio.run(write(kalshi_ts, items, batch_rows_max=30, queued_rows_max=60))
    assert held(kalshi_ts) == [f"{number:03}" for number in range(100)]
    assert writer.committed == {"trades": 100}
    with kalshi_ts.connect() as connection:
        sizes = connection.execute("select count(*) from capture.trades group by ingest_xid").fetchall()
    assert max(size for (size,) in sizes) <= 30


def test_one_row_that_the_database_refuses_takes_no_other_with_it(kalshi_ts: Database) -> None:
    open_connection(kalshi_ts)
    bad = [
        trade("bad side", b"frame with a bad side", taker_side="both"),
        trade("bad text", b"frame with a NUL", market_ticker="KX\u0000"),
        trade("bad time", b"frame of another day", received_at=NOW - timedelta(days=700)),
    ]
    items = [trade(f"{number:02}") for number in range(20)]
    asyncio.run(write(kalshi_ts, [*items[:7], *bad, *items[7:]]))
    kept = [f"{number:02}" for number in range(20)]
    with kalshi_ts.connect() as connection:
        quarantined = connection.execute(
            "select frame, reason from capture.quarantine order by quarantine_id"
        ).fetchall()
    # TimescaleDB makes a place for every day, so there the third row is no bad one.
    assert [trade_id for trade_id in held(kalshi_ts) if trade_id != "bad time"] == kept
    assert [frame for frame, _ in quarantined][:2] == [b"frame with a bad side", b"frame with a NUL"]
    assert len(quarantined) + ("bad time" in held(kalshi_ts)) == 3
    assert all(reason.startswith("refused by the database: ") for _, reason in quarantined)


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
def test_a_connection_that_breaks_around_a_commit_loses_and_repeats_nothing(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    original, broken = writer_module.write_batch, [False]

    def break_once(*arguments: Any) -> None:
        if not broken[0]:
            broken[0] = True
            if committed:
                original(*arguments)
            raise psycopg.OperationalError("the connection broke")
        original(*arguments)

    monkeypatch.setattr(writer_module, "write_batch", break_once)
    monkeypatch.setattr(writer_module, "RETRY_SECONDS_MAX", 0.2)
    asyncio.run(write(kalshi_ts, [trade("a"), trade("b")]))
    assert broken[0]
    assert held(kalshi_ts) == ["a", "b"]


def test_a_database_that_stays_away_is_an_error_at_the_end(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "RETRY_SECONDS_MAX", 0.1)
    away = Database(kalshi_ts.server, "no_such_database")
    with pytest.raises(KalshiDataError, match="stopped with rows not written, the database is away"):
        asyncio.run(write(away, [trade("a")], stop_seconds_max=0.3))
