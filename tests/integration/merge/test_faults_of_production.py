"""Faults of production that look like faults of rows: nothing is put into quarantine, and the rows are merged later."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from threading import Event

import pytest

from kalshi_data.deduplicator.merge import clocks
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.integration.merge.test_merge import MS, trade
from tests.integration.merge.test_refused_rows import BY_NAME, gatherers, refuse, rejected
from tests.integration.merge.test_tick import trade_ids
from tests.support.engines import Database
from tests.support.staging import NOW, claim, counts, frame, merge, receive, settings
from tests.support.waiting import wait_until

__all__ = ["gatherers"]

# Each has an error of class 22 or 23, as a bad row has.
BROKEN = {
    "prepare_partitions": "begin return 1 / 0; end",
    "try_boolean": "begin raise exception 'no' using errcode = 'invalid_parameter_value'; end",
}
FRAMES = {
    "trades": trade("a"),
    "orderbook_deltas": frame(
        "orderbook_delta", {"market_ticker": "KXA-1", "price_dollars": "0.5", "delta_fp": "1.00", "side": "yes"}
    ),
    "orderbook_snapshots": frame("orderbook_snapshot", {"market_ticker": "KXA-1", "yes_dollars_fp": [["0.5", "1.00"]]}),
    "tickers": frame("ticker", {"market_ticker": "KXA-1", "ts_ms": MS, "price_dollars": "0.5"}),
    "lifecycle_events": frame("market_lifecycle_v2", {"market_ticker": "KXA-1", "event_type": "created"}),
    "index_values": frame("cfbenchmarks_value", {"index_id": "B", "received_at": MS, "data": '{"value":"1.5"}'}),
}
# What gatherers receive, and do not fetch.
TIMED = [stream.name for stream in STREAMS if stream.time_column and stream.name in FRAMES]


@contextmanager
def replaced(production: Database, function: str, body: str | None, old: str = "", new: str = "") -> Generator[None]:
    """Give a function of production another body, or another text in its definition, until the block ends."""
    with production.connect() as superuser:
        row = superuser.execute("select pg_get_functiondef(%s::regproc)", [f"ops.{function}"]).fetchone()
        definition = str(row[0]) if row else ""
        head = definition[: definition.index(" LANGUAGE")]
        broken = definition.replace(old, new) if body is None else f"{head} language plpgsql as $f$ {body} $f$"
        superuser.execute(broken.encode())
        try:
            yield
        finally:
            superuser.execute(definition.encode())


def trades(count: int, name: str = "") -> list[dict[str, object]]:
    return [trade(f"{name}{number:03}", MS + number) for number in range(count)]


def taken(production: Database) -> int:
    return len(trade_ids(production))


@pytest.mark.parametrize("count", [11, 200, 3_000])
def test_rows_wait_at_the_gatherers_while_production_refuses_all(
    production: Database, gatherers: list[Database], count: int
) -> None:
    for gatherer in gatherers:
        receive(gatherer, trades(count))
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        with replaced(production, "prepare_partitions", BROKEN["prepare_partitions"]):
            wait_until(lambda: merging.tick(connection) >= 0 and merging.state.has_no_gatherer)
            assert "seems to be at fault" in str(merging.state.gatherer_errors[1])
            assert "division by zero" in str(merging.state.gatherer_errors[2])
        wait_until(lambda: merging.tick(connection) >= 0 and taken(production) == count)
        wait_until(lambda: merging.tick(connection) >= 0 and not any(merging.state.gatherer_errors.values()))
    assert rejected(production) == []


@pytest.mark.parametrize("limit", ["size > 1000", "left(trade_id, 1) = '0' and trade_id < '050'"])
def test_a_rule_that_refuses_most_rows_stops_the_stream(
    production: Database, gatherers: list[Database], limit: str
) -> None:
    """As a constraint of a newer schema may."""
    refuse(production, limit)
    receive(gatherers[0], trades(200))
    merge(production, gatherers, ticks=3)
    assert (taken(production), rejected(production)) == (0, [])


def test_rows_that_come_one_by_one_are_not_refused_one_by_one(production: Database, gatherers: list[Database]) -> None:
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers[:1]), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        with replaced(production, "prepare_partitions", BROKEN["prepare_partitions"]):
            for number in range(30):
                receive(gatherers[0], [trade(f"{number:03}", MS + number)], number=number + 1)
                merging.tick(connection)
            wait_until(lambda: merging.tick(connection) >= 0 and merging.state.has_no_gatherer)
        assert len(rejected(production)) <= 10
        wait_until(lambda: merging.tick(connection) >= 0 and taken(production) >= 20)
    assert taken(production) + len(rejected(production)) == 30


def test_rows_of_another_gatherer_show_that_the_rows_are_at_fault(
    production: Database, gatherers: list[Database]
) -> None:
    refuse(production, "trade_id not like 'bad%'")
    receive(gatherers[0], trades(50, "bad"))
    receive(gatherers[1], trades(1))
    merge(production, gatherers)
    assert taken(production) == 1
    assert [row[:2] for row in rejected(production)] == [("trades", 1)] * 50


def test_a_later_good_row_releases_the_bad_ones_before_it(production: Database, gatherers: list[Database]) -> None:
    refuse(production, "trade_id not like 'bad%'")
    receive(gatherers[0], trades(50, "bad"))
    merging = StreamMerge(BY_NAME["trades"], settings(production, gatherers[:1]), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        wait_until(lambda: merging.tick(connection) >= 0 and merging.state.has_no_gatherer)
        assert rejected(production) == []
        receive(gatherers[0], trades(1), number=2)
        wait_until(lambda: merging.tick(connection) >= 0 and taken(production) == 1)
        assert not merging.state.has_no_gatherer
    assert len(rejected(production)) == 50
    assert [row[1:] for row in counts(production, "trades")] == [(51, 1, 0, 50)]


@pytest.mark.parametrize("year", [2020, 2100])
@pytest.mark.parametrize("stream", TIMED)
def test_a_wrong_clock_of_production_rejects_no_row(
    production: Database, gatherers: list[Database], stream: str, year: int
) -> None:
    for gatherer in gatherers:
        receive(gatherer, [FRAMES[stream]])
    merging = StreamMerge(BY_NAME[stream], settings(production, gatherers), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        with replaced(production, "accepted_range", None, "now()", f"timestamptz '{year}-01-01'"):
            wait_until(lambda: merging.tick(connection) >= 0 and merging.state.has_no_gatherer)
            assert "production's clock" in str(merging.state.gatherer_errors[1])
        assert rejected(production) == []
        wait_until(lambda: merging.tick(connection) >= 0 and not any(merging.state.gatherer_errors.values()))
    assert [row[:1] for row in counts(production, stream)] == [(1,), (2,)]
    with production.connect() as superuser:
        row = superuser.execute(f"select count(*) from market_data.{stream}".encode()).fetchone()
    assert row == (1,)
    assert rejected(production) == []


@pytest.mark.parametrize("year", [2020, 2100])
def test_a_wrong_clock_of_this_host_or_of_a_gatherer_stops_nothing(
    make_database: MakeDatabase, production: Database, monkeypatch: pytest.MonkeyPatch, year: int
) -> None:
    gatherer = make_database("kalshi_ts")
    wrong = datetime(year, 1, 1, tzinfo=NOW.tzinfo)

    class WrongClock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]
            return wrong

    monkeypatch.setattr(clocks, "datetime", WrongClock)
    receive(gatherer, [trade("good"), trade("bad", int((NOW + timedelta(days=9)).timestamp() * 1000))])
    merge(production, [gatherer])
    assert trade_ids(production) == ["good"]
    assert rejected(production) == [("trades", 1, "time in the future")]
    # With a gatherer's clock that agrees with neither, one of three is still no majority for a wrong production.
    monkeypatch.setattr(clocks.SourceClock, "now", wrong)
    monkeypatch.undo()
    monkeypatch.setattr(clocks.SourceClock, "now", wrong)
    receive(gatherer, [trade("worse", int((NOW + timedelta(days=9)).timestamp() * 1000))], number=2)
    merge(production, [gatherer])
    assert len(rejected(production)) == 2
