"""Deduplicators share the markets: if their number changes, they begin no stream again and merge nothing twice."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from threading import Event

import pytest

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.monitoring.monitor import Monitor
from kalshi_data.deduplicator.monitoring.status import read_status
from kalshi_data.deduplicator.state import State
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import STREAMS, Stream
from tests.conftest import MakeDatabase
from tests.integration.merge.test_merge import delta, index_value
from tests.support.engines import Database
from tests.support.staging import claim, counts, merge, receive, rows, settings

DELTAS, INDICES = (next(each for each in STREAMS if each.name == name) for name in ("orderbook_deltas", "index_values"))
MARKETS = [f"KX{number}" for number in range(40)]
CHANGED_TO = [1, 2, 3, 1, 3, 2, 1]
INDEX = "ETHUSD_RTI"
PART_OF_INDEX = f"select mod(hashtext('{INDEX}')::bigint + 2147483648, 2)::integer + 1"
ACKNOWLEDGED = """
select a.ingest_xid >= (select max(v.ingest_xid) from capture.index_values as v)
from capture.acknowledgements as a where a.stream = 'index_values'
"""
WHOLE = "select ops.merged_until('index_values', '{1,2}') is not null"


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_ts") for _ in range(2)]


def parts(number: int) -> list[Shard]:
    return [Shard(part, number) for part in range(1, number + 1)]


def receive_all(gatherers: Sequence[Database], number: int) -> None:
    for gatherer in gatherers:
        changes = [delta(f"{number}.00", market_ticker=market) for market in MARKETS]
        receive(gatherer, [*changes, index_value("4012.5", number)], number=number)


def polled(production: Database, stream: Stream) -> list[int]:
    """Return how many rows of a stream were read of each gatherer, by all deduplicators that there have been."""
    return [row[1] for row in counts(production, stream.name)]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def running(
    stack: ExitStack, production: Database, gatherers: list[Database], shard: Shard, every_seconds: float = 0.0
) -> StreamMerge:
    """Return the merge of the index values by one shard, which reports positions after some seconds."""
    chosen = settings(production, gatherers, acknowledge_seconds=every_seconds)
    return stack.enter_context(closing(StreamMerge(INDICES, chosen, Event(), shard)))


def test_another_number_of_shards_goes_on_where_the_former_ones_ended(
    production: Database, gatherers: list[Database]
) -> None:
    for round_number, number in enumerate(CHANGED_TO, start=1):
        receive_all(gatherers, round_number)
        for shard in parts(number):
            merge(production, gatherers, shard=shard, ticks=2, acknowledge_seconds=0.0)
        assert polled(production, DELTAS) == [len(MARKETS) * round_number] * 2
        assert polled(production, INDICES) == [round_number] * 2
    assert len(rows(production, "orderbook_deltas", "market_ticker size_delta side")) == len(MARKETS) * len(CHANGED_TO)
    assert len(rows(production, "index_values", "source_ts index_id value")) == len(CHANGED_TO)


def test_shards_that_stopped_apart_leave_nothing_out(production: Database, gatherers: list[Database]) -> None:
    """One of two has read further than the other, so what lies between is read again, and held once."""
    for number in (1, 2):
        receive_all(gatherers, number)
        merge(production, gatherers, shard=Shard(1, 2))
    merge(production, gatherers)
    assert len(rows(production, "orderbook_deltas", "market_ticker size_delta side")) == len(MARKETS) * 2
    # Of the second shard nothing had been read.
    assert min(polled(production, DELTAS)) > len(MARKETS) * 2


@pytest.mark.parametrize("every_seconds", [0.0, 3600.0])
def test_a_shard_without_rows_is_not_behind_and_holds_no_rows_at_the_gatherers(
    production: Database, gatherers: list[Database], stack: ExitStack, every_seconds: float
) -> None:
    """It reports positions from time to time only, and its lag is what it has not read."""
    (gatherer,) = gatherers[:1]
    with production.connect() as connection:
        ((holding,),) = connection.execute(PART_OF_INDEX.encode()).fetchall()
    merges = {each.number: running(stack, production, [gatherer], each, every_seconds) for each in parts(2)}
    connections = {number: stack.enter_context(production.connect("deduplicator")) for number in merges}
    for number, merging in merges.items():
        claim(merging, connections[number])
    for seconds in range(3):
        receive(gatherer, [index_value("4012.5", seconds)], number=seconds + 1)
        for number, merging in merges.items():
            assert merging.tick(connections[number]) == int(number == holding)
    state = State()
    state.streams = {INDICES.name: merges[3 - holding].state}
    monitor = Monitor(settings(production, [gatherer]), state, Shard(3 - holding, 2))
    stack.callback(monitor.close)
    monitor.measure()
    assert monitor.measurements.lags[1, INDICES.name].rows == 0
    # One more tick reports to the gatherer what both have merged.
    for number, merging in merges.items():
        merging.tick(connections[number])
    with gatherer.connect() as connection:
        found = connection.execute(ACKNOWLEDGED.encode()).fetchall()
    assert found == ([] if every_seconds else [(True,)])


def test_parts_that_overlap_wait_for_each_other(
    production: Database, gatherers: list[Database], stack: ExitStack
) -> None:
    whole, *halves = [running(stack, production, gatherers, each) for each in (EVERYTHING, *parts(2))]
    one, two, three = (stack.enter_context(production.connect("deduplicator")) for _ in range(3))
    assert whole.prepare(one)
    assert not halves[0].prepare(two)
    one.close()
    claim(halves[0], two)
    assert halves[1].prepare(three)
    with production.connect("deduplicator") as again:
        assert not whole.prepare(again)


def test_hours_wait_for_all_shards_of_the_present_number(
    production: Database, gatherers: list[Database], stack: ExitStack
) -> None:
    chosen = settings(production, gatherers)
    with production.connect("deduplicator") as connection:
        for shard, is_whole in ((EVERYTHING, True), (Shard(1, 2), False), (Shard(2, 2), True), (EVERYTHING, True)):
            monitor = Monitor(chosen, State(), shard)
            stack.callback(monitor.close)
            # Nothing has beaten yet, which is an error of each gatherer; the position is known all the same.
            monitor.measure()
            connection.execute("update ops.lags set error = null, lag_seconds = 0")
            assert connection.execute(WHOLE.encode()).fetchall() == [(is_whole,)], shard
            shown = read_status(connection, chosen)
            wanted = {f"{number}/{shard.parts}" for number in range(1, shard.number + 1)}
            assert {each["shard"] for each in shown["deduplicators"]} == wanted
    with production.connect() as connection:
        found = connection.execute(query("production/status/read_lags")).fetchall()
    assert {row[1] for row in found} == {1, 2}
