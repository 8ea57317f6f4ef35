"""Each merge file, on both engines: three gatherers, any overlap, run twice."""

from datetime import timedelta
from decimal import Decimal
from threading import Event

import psycopg
import pytest

from kalshi_data.deduplicator.streams import STREAMS
from kalshi_data.deduplicator.sync import StreamMerge
from tests.conftest import MakeDatabase
from tests.engines import Database
from tests.integration.staging import NOW, Frame, claim, counts, frame, later, merge, receive, rows, settings

MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_ts") for _ in range(3)]


def trade(trade_id: str, ts_ms: int = MS, **others: object) -> Frame:
    body = {
        "trade_id": trade_id,
        "market_ticker": "KXA-1",
        "yes_price_dollars": "0.4300",
        "no_price_dollars": "0.5700",
        "count_fp": "3.50",
        "taker_outcome_side": "yes",
        "is_block_trade": False,
        "ts_ms": ts_ms,
    }
    return frame("trade", {**body, **others})


def delta(size_delta: str = "1.00", ts_ms: int = MS, **others: object) -> Frame:
    body = {"market_ticker": "KXA-1", "price_dollars": "0.4100", "delta_fp": size_delta, "side": "yes", "ts_ms": ts_ms}
    return frame("orderbook_delta", {**body, **others})


def snapshot(clock: int | None, *levels: list[str]) -> Frame:
    given = {} if clock is None else {"clock": clock}
    return frame("orderbook_snapshot", {"market_ticker": "KXA-1", "market_id": "m", **given, "yes_dollars_fp": levels})


def ticker(bid: str, ts_ms: int = MS) -> Frame:
    return frame("ticker", {"market_ticker": "KXA-1", "market_id": "m", "yes_bid_dollars": bid, "ts_ms": ts_ms})


def settled(seconds: float | None, ticker: str = "KXA-1") -> Frame:
    body = {"market_ticker": ticker, "event_type": "settled", "settled_ts": 1793112000}
    return frame("market_lifecycle_v2", body, None if seconds is None else later(seconds))


def test_a_trade_is_held_once(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [trade("a"), trade("b"), trade("a")])
    receive(gatherers[1], [trade("b"), trade("c", yes_price_dollars="0.0500", no_price_dollars="0.9500")])
    receive(gatherers[2], [])
    merge(production, gatherers)
    assert rows(production, "trades", "trade_id yes_price size") == [
        ("a", Decimal("0.4300"), Decimal("3.50")),
        ("b", Decimal("0.4300"), Decimal("3.50")),
        ("c", Decimal("0.0500"), Decimal("3.50")),
    ]
    polled, new, duplicate, rejected = (
        sum(column) for column in list(zip(*counts(production, "trades"), strict=True))[1:]
    )
    assert (polled, new, duplicate, rejected) == (5, 3, 2, 0)


def test_a_trade_whose_time_differs_a_little_is_the_same_trade(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [trade("a", MS)])
    merge(production, gatherers)
    receive(gatherers[1], [trade("a", MS + 4_999), trade("b", MS), trade("b", MS + 1)])
    merge(production, gatherers)
    assert [row[0] for row in rows(production, "trades", "trade_id market_ticker size")] == ["a", "b"]


def test_equal_deltas_are_kept_as_often_as_the_gatherer_saw_them_that_saw_most(
    production: Database, gatherers: list[Database]
) -> None:
    for gatherer, times in zip(gatherers, (340, 338, 12), strict=True):
        receive(gatherer, [delta() for _ in range(times)])
    merge(production, gatherers)
    held = rows(production, "orderbook_deltas", "occurrence price size_delta")
    assert [row[0] for row in held] == list(range(340))
    assert sum(row[1] for row in counts(production, "orderbook_deltas")) == 690


def test_deltas_that_differ_in_anything_are_different(production: Database, gatherers: list[Database]) -> None:
    different = [
        delta(),
        delta("2.00"),
        delta(ts_ms=MS + 1),
        delta(clock=7),
        delta(side="no"),
        delta(price_dollars="0.4"),
    ]
    for gatherer in gatherers:
        receive(gatherer, different)
    merge(production, gatherers)
    assert len(rows(production, "orderbook_deltas", "exchange_ts clock price")) == 6


def test_a_state_of_a_book_is_held_once_by_its_clock(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [snapshot(4, ["0.41", "10.00"]), snapshot(5), snapshot(4, ["0.41", "10.00"])])
    receive(gatherers[1], [snapshot(4, ["0.41", "10.00"])], received_at=later(600))
    receive(gatherers[2], [snapshot(4, ["0.41", "11.00"])])
    merge(production, gatherers)
    held = rows(production, "orderbook_snapshots", "clock yes_prices yes_sizes")
    assert held == [
        (4, [Decimal("0.41")], [Decimal("10.00")]),
        (4, [Decimal("0.41")], [Decimal("11.00")]),
        (5, [], []),
    ]


def test_snapshots_without_clock_are_told_apart_by_number_and_time(
    production: Database, gatherers: list[Database]
) -> None:
    twice = [snapshot(None, ["0.41", "10.00"])] * 2
    receive(gatherers[0], twice)
    receive(gatherers[1], twice, received_at=later(1))
    receive(gatherers[2], twice[:1], received_at=later(32))
    merge(production, gatherers)
    receive(gatherers[0], twice[:1], received_at=later(120), number=2)
    merge(production, gatherers)
    assert rows(production, "orderbook_snapshots", "received_at occurrence clock") == [
        (NOW, 0, 0),
        (NOW, 1, 0),
        (later(32), 0, 0),
        (later(120), 0, 0),
    ]


def test_tickers_are_held_once_per_time_and_values(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [ticker("0.4100"), ticker("0.4200"), ticker("0.4100")])
    receive(gatherers[1], [ticker("0.4100"), ticker("0.4100", MS + 1)])
    merge(production, gatherers)
    assert len(rows(production, "tickers", "exchange_ts yes_bid values_sha256")) == 3


def test_the_same_lifecycle_message_within_30_s_is_one_event(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [settled(0), settled(0, "KXB-1"), settled(31)])
    receive(gatherers[1], [settled(2)], received_at=later(3))
    receive(gatherers[2], [settled(None)], received_at=later(4))
    merge(production, gatherers)
    held = rows(production, "lifecycle_events", "subject_ticker kind seen_at")
    assert [row[:2] for row in held] == [("KXA-1", "settled"), ("KXB-1", "settled")]


def test_a_lifecycle_message_repeated_after_30_s_is_another_event(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [settled(0)])
    merge(production, gatherers)
    receive(gatherers[1], [settled(30)])
    merge(production, gatherers)
    receive(gatherers[2], [settled(31)])
    merge(production, gatherers)
    held = rows(production, "lifecycle_events", "subject_ticker kind seen_at")
    assert [row[2] for row in held] == [NOW, later(31)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (trade("x", MS - 401 * 86_400_000), "time too old"),
        (trade("x", MS + 2 * 86_400_000), "time in the future"),
        (trade("x", yes_price_dollars="1.0001"), "price outside 0 to 1"),
        (trade("x", no_price_dollars="-0.1"), "price outside 0 to 1"),
        (delta(price_dollars="2"), "price outside 0 to 1"),
        (delta(ts_ms=0), "time too old"),
        (snapshot(4, ["1.01", "1.00"]), "price outside 0 to 1"),
        (ticker("7"), "price outside 0 to 1"),
        (ticker("0.4", 0), "time too old"),
    ],
)
def test_what_production_refuses_is_kept_with_the_reason(
    production: Database, gatherers: list[Database], bad: Frame, reason: str
) -> None:
    receive(gatherers[0], [bad, trade("a"), delta(), snapshot(5), ticker("0.5")])
    merge(production, gatherers)
    with production.connect() as connection:
        refused = connection.execute("select reason, gatherer_id, body ->> 'market_ticker' from ops.rejected_rows")
        assert refused.fetchall() == [(reason, 1, "KXA-1")]
    for table in ("trades", "orderbook_deltas", "orderbook_snapshots", "tickers"):
        assert len(rows(production, table, "market_ticker received_at gatherer_id")) == 1


def test_late_data_finds_its_partition(production: Database, gatherers: list[Database]) -> None:
    days = [0, 1, 17, 399]
    receive(gatherers[0], [trade(f"day {day}", MS - day * 86_400_000) for day in days])
    merge(production, gatherers)
    held = rows(production, "trades", "exchange_ts trade_id size")
    assert [row[0] for row in held] == [NOW - timedelta(days=day) for day in reversed(days)]


def test_a_rebuilt_gatherer_is_read_from_its_beginning(production: Database, make_database: MakeDatabase) -> None:
    before, after = make_database("kalshi_ts"), make_database("kalshi_ts")
    # Databases cloned from one template are one database until this one is told that it is another.
    with after.connect() as connection:
        connection.execute("update capture.instance set epoch = gen_random_uuid()")
    receive(before, [trade("a"), trade("b")])
    merge(production, [before])
    receive(after, [trade("b"), trade("c")])
    merge(production, [after])
    assert [row[0] for row in rows(production, "trades", "trade_id size received_at")] == ["a", "b", "c"]
    with production.connect() as connection:
        assert connection.execute("select count(distinct epoch) from ops.cursors").fetchone() == (2,)


def test_a_gatherer_that_is_away_delays_nobody(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [trade("a")])
    away = Database(gatherers[1].server, "no_such_database")
    merge(production, [gatherers[0], away])
    assert len(rows(production, "trades", "trade_id size received_at")) == 1


def test_the_second_deduplicator_waits(production: Database, gatherers: list[Database]) -> None:
    chosen = settings(production, gatherers)
    first, second = (StreamMerge(STREAMS[0], chosen, Event()) for _ in range(2))
    with production.connect("deduplicator") as one, production.connect("deduplicator") as two:
        assert first.prepare(one)
        assert not second.prepare(two)
        one.close()
        claim(second, two)
    first.close()
    second.close()


def test_a_tick_that_fails_moves_nothing(
    production: Database, gatherers: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(gatherers[0], [trade("a"), trade("b")])
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise psycopg.OperationalError("the connection broke before the commit")

        patch.setattr(StreamMerge, "_advance", fail)
        with pytest.raises(psycopg.OperationalError):
            merge(production, gatherers)
    assert rows(production, "trades", "trade_id size received_at") == []
    merge(production, gatherers)
    assert [row[1:] for row in counts(production, "trades") if row[1]] == [(2, 2, 0, 0)]


def test_more_than_one_batch_is_read_without_loss(production: Database, gatherers: list[Database]) -> None:
    for number in range(1, 8):
        receive(gatherers[0], [trade(f"{number} {each}") for each in range(30)], number=number)
    merge(production, gatherers, ticks=10, batch_rows_min=50, batch_rows_max=50)
    assert len(rows(production, "trades", "trade_id size received_at")) == 210
