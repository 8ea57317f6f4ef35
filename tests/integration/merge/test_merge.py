"""Each merge file, on both engines: three gatherers, any overlap, run twice."""

from datetime import timedelta
from decimal import Decimal
from threading import Event

import psycopg
import pytest

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.merge.batch_merge import BatchMerge
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.shard import Shard
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import NOW, Frame, claim, counts, frame, later, merge, receive, rows, settings

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


def index_value(value: str, seconds: int, index_id: str = "ETHUSD_RTI") -> Frame:
    data = f'{{"type":"value","id":"{index_id}","time":{MS + 1000 * seconds},"value":"{value}"}}'
    average = {"value": "4011.90000000", "window_size": 59}
    body = {"index_id": index_id, "received_at": MS + 1030, "data": data, "avg_60s_data": average}
    return frame("cfbenchmarks_value", body)


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


def test_a_trade_reported_twice_in_one_batch_is_one_within_5_s_only(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [trade("a", MS), trade("b", MS), trade("b", MS + 5_001)])
    receive(gatherers[1], [trade("a", MS + 5_000)])
    merge(production, gatherers)
    assert [row[0] for row in rows(production, "trades", "trade_id exchange_ts size")] == ["a", "b", "b"]


def test_equal_deltas_are_held_as_often_as_the_gatherer_with_most_received_them(
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
        delta(clock=6),
        delta("2.00", clock=6),
        delta(ts_ms=MS + 1, clock=6),
        delta(clock=7),
        delta(side="no", clock=6),
        delta(price_dollars="0.4", clock=6),
    ]
    for gatherer in gatherers:
        receive(gatherer, different)
    merge(production, gatherers)
    assert len(rows(production, "orderbook_deltas", "exchange_ts clock price")) == 6


def test_a_line_that_gets_a_field_back_has_received_two_changes_and_one_that_never_lost_it_says_which(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [delta(), delta(clock=8)])
    merge(production, gatherers)
    assert [row[1] for row in rows(production, "orderbook_deltas", "exchange_ts clock price")] == [0, 8]
    receive(gatherers[1], [delta(clock=7), delta(clock=8)])
    merge(production, gatherers)
    assert [row[1] for row in rows(production, "orderbook_deltas", "exchange_ts clock price")] == [7, 8]
    # The other line's change is enriched, not new.
    assert [row[2] for row in counts(production, "orderbook_deltas")] == [2, 0, 0]


def test_a_state_of_a_book_is_held_once_by_its_clock(production: Database, gatherers: list[Database]) -> None:
    noon = NOW.replace(hour=12) - timedelta(days=1)
    frames = [snapshot(4, ["0.41", "10.00"]), snapshot(5), snapshot(4, ["0.41", "10.00"])]
    receive(gatherers[0], frames, received_at=noon)
    receive(gatherers[1], frames[:1], received_at=noon + timedelta(minutes=10))
    receive(gatherers[2], [snapshot(4, ["0.41", "11.00"])], received_at=noon)
    merge(production, gatherers)
    held = rows(production, "orderbook_snapshots", "clock yes_prices yes_sizes")
    assert held == [
        (4, [Decimal("0.41")], [Decimal("10.00")]),
        (4, [Decimal("0.41")], [Decimal("11.00")]),
        (5, [], []),
    ]


def test_snapshots_without_clock_differ_by_number_and_hour(production: Database, gatherers: list[Database]) -> None:
    hour = NOW.replace(minute=0, second=0) - timedelta(hours=2)
    twice = [snapshot(None, ["0.41", "10.00"])] * 2
    receive(gatherers[0], twice, received_at=hour)
    receive(gatherers[1], twice, received_at=hour + timedelta(minutes=59))
    receive(gatherers[2], twice[:1], received_at=hour + timedelta(minutes=60))
    merge(production, gatherers)
    receive(gatherers[0], twice[:1], received_at=hour + timedelta(minutes=119), number=2)
    merge(production, gatherers)
    held = rows(production, "orderbook_snapshots", "received_at occurrence clock")
    assert [row[1:] for row in held] == [(1, 0), (2, 0), (1, 0)]
    assert [row[0] - hour < timedelta(hours=1) for row in held] == [True, True, False]


def test_the_book_of_a_market_that_never_changed_is_one_state_however_often_it_is_asked_for(
    production: Database, gatherers: list[Database]
) -> None:
    morning = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=1)
    receive(gatherers[0], [snapshot(0)] * 2, received_at=morning)
    receive(gatherers[1], [snapshot(0)], received_at=morning + timedelta(hours=2))
    merge(production, gatherers)
    assert [row[1:] for row in rows(production, "orderbook_snapshots", "received_at clock occurrence")] == [(0, 0)]


def test_a_state_of_a_book_is_held_again_the_next_day(production: Database, gatherers: list[Database]) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0)
    for gatherer, minutes in zip(gatherers, (-1, 0, 1), strict=True):
        receive(gatherer, [snapshot(4)], received_at=midnight + timedelta(minutes=minutes))
    merge(production, gatherers)
    held = rows(production, "orderbook_snapshots", "received_at clock occurrence")
    assert [row[0] < midnight for row in held] == [True, False]


def test_tickers_are_held_once_per_time_and_values(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [ticker("0.4100"), ticker("0.4200"), ticker("0.4100")])
    receive(gatherers[1], [ticker("0.4100"), ticker("0.4100", MS + 1)])
    merge(production, gatherers)
    assert len(rows(production, "tickers", "exchange_ts yes_bid values_sha256")) == 3


def test_equal_lifecycle_messages_differ_by_the_time_between_them(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [settled(-60), settled(-60, "KXB-1"), settled(-40)])
    receive(gatherers[1], [settled(-58), settled(-20)])
    merge(production, gatherers)
    receive(gatherers[2], [settled(-61), settled(-39), settled(-21)])
    merge(production, gatherers)
    held = rows(production, "lifecycle_events", "subject_ticker seen_at kind")
    assert [(name, round((at - NOW).total_seconds(), -1)) for name, at, _ in held] == [
        ("KXA-1", -60),
        ("KXA-1", -40),
        ("KXA-1", -20),
        ("KXB-1", -60),
    ]


def test_equal_lifecycle_messages_at_once_are_as_many_as_the_gatherer_with_most_received(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [settled(-60), settled(-59.5)])
    receive(gatherers[1], [settled(-59.5), settled(-59.3), settled(-58.9)])
    receive(gatherers[2], [settled(-59)])
    merge(production, gatherers)
    assert [row[0] for row in rows(production, "lifecycle_events", "occurrence kind subject_ticker")] == [0, 1, 2]


def test_equal_lifecycle_messages_stay_as_many_if_every_gatherer_restarts_between_them(
    production: Database, gatherers: list[Database]
) -> None:
    for begun in (-60, -45, -30):
        for gatherer in gatherers:
            receive(gatherer, [settled(begun)], number=60 + begun)
        merge(production, gatherers)
    assert len(rows(production, "lifecycle_events", "seen_at occurrence kind")) == 3


def test_a_lifecycle_message_without_a_time_takes_the_one_it_was_received_at(
    production: Database, gatherers: list[Database]
) -> None:
    receive(gatherers[0], [settled(None)])
    merge(production, gatherers)
    assert rows(production, "lifecycle_events", "subject_ticker kind seen_at") == [("KXA-1", "settled", NOW)]


def test_an_index_value_is_held_once_by_its_source_time(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [index_value("4012.340", 1), index_value("4012.34", 2)])
    receive(gatherers[1], [index_value("4012.340", 1), index_value("4013", 2, "BRTI")])
    merge(production, gatherers)
    held = rows(production, "index_values", "index_id source_ts value average_60s")
    assert [(index_id, str(value), str(average)) for index_id, _, value, average in held] == [
        ("BRTI", "4013", "4011.90000000"),
        ("ETHUSD_RTI", "4012.340", "4011.90000000"),
        ("ETHUSD_RTI", "4012.34", "4011.90000000"),
    ]


@pytest.mark.parametrize(
    ("bodies", "joined"),
    [
        (['{"a": 1}', '{"b": 2}'], {"a": 1, "b": 2}),
        (['"text"', '{"a": 1}'], {"a": 1}),
        (['"text"', '"other"'], "text"),
        (["{}", "{}"], {}),
        (["[1]", "7"], [1]),
    ],
)
def test_bodies_of_any_form_can_be_joined_in_any_order(production: Database, bodies: list[str], joined: object) -> None:
    with production.connect() as connection:
        for order in (bodies, bodies[::-1]):
            assert connection.execute("select ops.join_payloads(%s::jsonb[])", (order,)).fetchone() == (joined,)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (trade("x", MS - 401 * 86_400_000), "time too old"),
        (trade("x", MS + 3 * 86_400_000), "time in the future"),
        (trade("x", yes_price_dollars="1.0001"), "price outside 0 to 1"),
        (trade("x", no_price_dollars="-0.1"), "price outside 0 to 1"),
        (delta(price_dollars="2"), "price outside 0 to 1"),
        (delta(ts_ms=MS - 401 * 86_400_000), "time too old"),
        (snapshot(4, ["1.01", "1.00"]), "price outside 0 to 1"),
        (ticker("7"), "price outside 0 to 1"),
        (ticker("0.4", MS - 401 * 86_400_000), "time too old"),
    ],
)
def test_a_rejected_row_is_kept_with_the_reason(
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
    days = [0, 1, 17, 398]
    receive(gatherers[0], [trade(f"day {day}", MS - day * 86_400_000) for day in days])
    merge(production, gatherers)
    held = rows(production, "trades", "exchange_ts trade_id size")
    assert [row[0] for row in held] == [NOW - timedelta(days=day) for day in reversed(days)]


def test_a_rebuilt_gatherer_is_read_from_its_beginning(production: Database, make_database: MakeDatabase) -> None:
    before, after = make_database("kalshi_ts"), make_database("kalshi_ts")
    # Databases cloned from one template have the same epoch; this gives one of them another.
    with after.connect() as connection:
        connection.execute("update capture.instance set epoch = gen_random_uuid()")
    receive(before, [trade("a"), trade("b")])
    merge(production, [before])
    receive(after, [trade("b"), trade("c")])
    merge(production, [after])
    assert [row[0] for row in rows(production, "trades", "trade_id size received_at")] == ["a", "b", "c"]
    with production.connect() as connection:
        assert connection.execute("select count(distinct epoch) from ops.cursors").fetchone() == (2,)


def test_a_gatherer_that_is_away_delays_no_other(production: Database, gatherers: list[Database]) -> None:
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

        patch.setattr(BatchMerge, "_advance", fail)
        with pytest.raises(psycopg.OperationalError):
            merge(production, gatherers)
    assert rows(production, "trades", "trade_id size received_at") == []
    with production.connect() as connection:
        assert connection.execute("select from ops.archive_partitions").fetchall() == []
    merge(production, gatherers)
    assert [row[1:] for row in counts(production, "trades") if row[1]] == [(2, 2, 0, 0)]


def test_more_than_one_batch_is_read_without_loss(production: Database, gatherers: list[Database]) -> None:
    for number in range(1, 8):
        receive(gatherers[0], [trade(f"{number} {each}") for each in range(30)], number=number)
    merge(production, gatherers, ticks=10, batch_rows_min=50, batch_rows_max=50)
    assert len(rows(production, "trades", "trade_id size received_at")) == 210


def test_touched_hours_wait_for_the_archive(production: Database, gatherers: list[Database]) -> None:
    hour = NOW.replace(minute=0, second=0)
    ms = int(hour.timestamp() * 1000)
    receive(gatherers[0], [trade("a", ms), trade("b", ms + 3_599_999), trade("c", ms - 1), delta(ts_ms=ms)])
    merge(production, gatherers)
    marks = "select stream, hour, state from ops.archive_partitions order by 1, 2"
    expected = [
        ("orderbook_deltas", hour, "pending"),
        ("trades", hour - timedelta(hours=1), "pending"),
        ("trades", hour, "pending"),
    ]
    with production.connect() as connection:
        assert connection.execute(marks).fetchall() == expected
        connection.execute("update ops.archive_partitions set state = 'verified', touched_at = '2026-01-01'")
        receive(gatherers[1], [trade("a", ms), trade("d", ms)])
        merge(production, gatherers)
        # What was known already touches nothing.
        assert connection.execute(f"{marks.replace('state', 'touched_at > %s')}".encode(), (NOW,)).fetchall() == [
            (stream, at, (stream, at) == ("trades", hour)) for stream, at, _ in expected
        ]


def test_two_shards_merge_everything_once(production: Database, gatherers: list[Database]) -> None:
    markets = [f"KX{number}" for number in range(40)]
    for gatherer in gatherers:
        receive(gatherer, [delta(market_ticker=market) for market in markets])
    merge(production, gatherers, shard=Shard(1, 2))
    half = len(rows(production, "orderbook_deltas", "market_ticker clock side"))
    assert 0 < half < 40
    merge(production, gatherers, shard=Shard(2, 2))
    assert [row[0] for row in rows(production, "orderbook_deltas", "market_ticker clock side")] == sorted(markets)
    assert sum(row[2] for row in counts(production, "orderbook_deltas")) == 40
    assert {row[1] for row in counts(production, "orderbook_deltas")} == {40}
    with production.connect() as connection:
        key = {"stream": "orderbook_deltas", "shards": 2}
        assert len(connection.execute(query("production/cursors/read_merged"), key).fetchall()) == 3
        assert connection.execute(query("production/cursors/read_merged"), {**key, "shards": 3}).fetchall() == []
