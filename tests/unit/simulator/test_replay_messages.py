"""Rows of an archive become the exchange's messages, which a gatherer reads as the same rows."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.messages import Envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import to_row
from kalshi_data.simulator.messages import Message
from kalshi_data.simulator.replay.fact_merge import COLUMNS, STREAMS, facts
from kalshi_data.simulator.replay.fact_messages import FactMessages
from kalshi_data.simulator.replay.play_clock import PlayClock

BEGIN = datetime(2026, 11, 2, 15, tzinfo=UTC)
BEGIN_US = int(BEGIN.timestamp()) * 1_000_000
LATER = timedelta(days=3)
DIGITS = {6: 1, 3: 1_000, 0: 1_000_000}
AMOUNTS = st.integers(-(10**15), 10**15)
PRICES = st.integers(0, 1_000_000)
TICKERS = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1)


def clock() -> PlayClock:
    """Return a clock by which everything happens three days later."""
    made = PlayClock(BEGIN_US)
    made.start(BEGIN_US + LATER // timedelta(microseconds=1))
    return made


def received(message: Message) -> dict[Any, Any]:
    """Return the row that a gatherer makes of a message, by the columns of its stream."""
    envelope = Envelope(message.type, sid=1, seq=1, msg=msgspec.Raw(message.body))
    stream, row = to_row(envelope, Arrival(1, BEGIN + LATER, Occurrences()))
    return {**dict(enumerate(row)), "stream": stream}


@st.composite
def times(draw: st.DrawFn) -> tuple[int, int]:
    digits = draw(st.sampled_from(sorted(DIGITS)))
    return BEGIN_US + draw(st.integers(0, 3_600)) * 1_000_000 // DIGITS[digits] * DIGITS[digits], digits


def moment(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us) + LATER


def millionths(text: Any) -> int:
    whole, _, part = str(text).lstrip("-").partition(".")
    amount = int(whole) * 1_000_000 + int(part.ljust(6, "0"))
    return -amount if str(text).startswith("-") else amount


@given(times(), TICKERS, st.integers(0, 2**40), st.sampled_from(["yes", "no"]), PRICES, AMOUNTS)
def test_a_change_is_received_as_it_is_archived(
    time: tuple[int, int], market: str, number: int, side: str, price: int, delta: int
) -> None:
    at_us, digits = time
    row = received(FactMessages(clock(), {}).change((at_us, market, number, side, price, delta, digits)))
    assert (row["stream"], row[6], row[7], row[8]) == ("orderbook_deltas", market, number, side)
    assert (millionths(row[9]), millionths(row[10])) == (price, delta)
    assert (datetime.fromisoformat(row[2]), row[12]) == (moment(at_us), digits)


@given(times(), st.booleans() | st.none(), st.sampled_from(["yes", "no", None]), PRICES, st.integers(0, 10**12))
def test_a_trade_is_received_as_it_is_archived(
    time: tuple[int, int], is_block: bool | None, taker: str | None, price: int, size: int
) -> None:
    at_us, digits = time
    fact = (at_us, "KXA-1", "t-1", price, 1_000_000 - price, size, taker, is_block, digits)
    row = received(FactMessages(clock(), {}).trade(fact))
    assert (row["stream"], row[6], row[7]) == ("trades", "t-1", "KXA-1")
    assert [millionths(row[each]) for each in (8, 9, 10)] == [price, 1_000_000 - price, size]
    assert (row[2], row[11], row[12], row[13]) == (moment(at_us), taker, is_block, digits)


@given(times(), st.lists(st.none() | st.integers(0, 10**12), min_size=8, max_size=8), st.none() | st.integers(0, 99))
def test_a_summary_is_received_as_it_is_archived(
    time: tuple[int, int], amounts: list[int | None], dollars: int | None
) -> None:
    at_us, digits = time
    fact = (at_us, "KXA-1", "id-1", *amounts, dollars, dollars, digits)
    row = received(FactMessages(clock(), {}).ticker(fact))
    assert (row["stream"], row[5], row[6]) == ("tickers", "KXA-1", "id-1")
    assert [None if row[each] is None else millionths(row[each]) for each in range(7, 15)] == amounts
    assert (row[15], row[16], row[17]) == (dollars, dollars, digits)
    assert datetime.fromisoformat(row[2]) == moment(at_us)


def test_a_change_without_a_time_or_a_clock_is_sent_without() -> None:
    message = FactMessages(clock(), {"KXA-1": "id-1"}).change((BEGIN_US, "KXA-1", 0, "no", 430_000, 10_000, None))
    assert msgspec.json.decode(message.body) == {
        "market_ticker": "KXA-1",
        "market_id": "id-1",
        "price_dollars": "0.4300",
        "delta_fp": "0.01",
        "side": "no",
    }


def test_times_in_bodies_move_and_nothing_else() -> None:
    body = (
        b'{"close_ts":1793631600,"at":"2026-11-02T15:00:00.123Z","none":"0001-01-01T00:00:00Z","contracts":1793631600,'
        b'"data":"{\\"time\\": 1793631600123}","n":1.10,"text":"on 2026-11-02T15:00:00Z", "ts":1793631600.5}'
    )
    moved = (
        b'{"close_ts":1793890800,"at":"2026-11-05T15:00:00.123Z","none":"0001-01-01T00:00:00Z","contracts":1793631600,'
        b'"data":"{\\"time\\": 1793890800123}","n":1.10,"text":"on 2026-11-02T15:00:00Z", "ts":1793631600.5}'
    )
    assert clock().moved_body(body) == moved
    assert PlayClock(BEGIN_US, keeps_times=True).moved_body(body) == body


@given(st.integers(0, 10**7), st.sampled_from([0.25, 1.0, 2.0, 10.0]), st.integers(0, 10**13))
def test_a_clock_is_never_early_and_keeps_the_digits_of_times(start: int, speed: float, offset: int) -> None:
    made = PlayClock(BEGIN_US, speed)
    made.start(BEGIN_US + start)
    assert 0 <= made.start_us - BEGIN_US - start < 1_000_000
    assert (made.start_us - BEGIN_US) % 1_000_000 == 0
    played = made.due_us(BEGIN_US + offset) - made.start_us
    assert abs(played * speed - offset) <= speed
    assert abs(made.played_us(made.due_us(BEGIN_US + offset)) - BEGIN_US - offset) <= speed


ROWS = {
    name: st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.integers(0, 3)), max_size=20) for name in STREAMS
}


@given(st.fixed_dictionaries(ROWS))
def test_streams_are_merged_without_loss_in_the_order_of_the_exchange(
    drawn: dict[str, list[tuple[int, int, int]]],
) -> None:
    """Each stream is a list of (time, number, table); its tables follow each other in time."""
    tables: dict[str, list[pa.Table]] = {}
    for name, rows in drawn.items():
        ordered = sorted(rows, key=lambda each: each[0])
        cuts = sorted({0, len(ordered), *(each[2] for each in rows)})
        parts = [ordered[first:last] for first, last in pairwise(cuts)]
        tables[name] = [made_table(name, part) for part in parts if part]
    found = list(facts(tables))
    assert Counter((each.rank, *each.row[:2]) for each in found) == Counter(
        (rank, row[0], row[1]) for rank, name in enumerate(STREAMS) for row in drawn[name]
    )
    assert [each[:3] for each in found] == sorted(each[:3] for each in found)
    for rank, name in enumerate(STREAMS):
        in_order = [row[:2] for row in sorted(drawn[name], key=lambda each: each[0])]
        assert [each.row[:2] for each in found if each.rank == rank] == in_order


def made_table(name: str, rows: list[tuple[int, int, int]]) -> pa.Table:
    """Return rows as the columns of a stream of which only the first two matter."""
    first, second, *others = COLUMNS[name]
    columns: list[Any] = [pa.array([each[0] for each in rows], pa.int64()).cast(pa.timestamp("us", "UTC"))]
    columns.append(pa.array([each[1] for each in rows], pa.int64()))
    columns += [pa.nulls(len(rows), pa.string()) for _ in others]
    return pa.table(columns, names=[first, second, *others])
