"""Messages that lack a field, or hold a bad one, are merged like whole ones: each once, nothing lost."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.receiving import delta
from tests.support.staging import NOW, Frame, frame, merge, receive, rows

DATED: dict[str, Any] = msgspec.json.decode(delta(1))["msg"]
UNDATED = {name: value for name, value in DATED.items() if name != "ts_ms"}
TRADE: dict[str, Any] = {
    "trade_id": "block",
    "market_ticker": "KXA-1",
    "yes_price_dollars": "0.4100",
    "count_fp": "5.00",
    "is_block_trade": True,
    "ts_ms": int(NOW.timestamp() * 1000),
}
SECOND = timedelta(seconds=1)


@pytest.fixture
def second_kalshi_ts(make_database: MakeDatabase) -> Database:
    return make_database("kalshi_ts")


def sent(body: dict[str, Any], seconds: float) -> Frame:
    return frame("orderbook_delta", body, NOW + seconds * SECOND)


def test_deltas_without_a_time_are_held_once_whatever_line_they_come_from(
    production: Database, kalshi_ts: Database, second_kalshi_ts: Database
) -> None:
    # Three equal changes, and the same again after a pause. The lines differ by up to 0.3 s.
    receive(kalshi_ts, [sent(UNDATED, at) for at in (0, 0.1, 2, 20)])
    receive(second_kalshi_ts, [sent(UNDATED, at) for at in (0.3, 0.4, 2.3, 20.3)])
    for _ in range(2):
        merge(production, [kalshi_ts, second_kalshi_ts])
    held = rows(production, "orderbook_deltas", "exchange_ts occurrence size_delta")
    assert [(at - NOW, number) for at, number, _ in held] == [
        (0 * SECOND, 0),
        (0.1 * SECOND, 0),
        (2 * SECOND, 0),
        (20 * SECOND, 0),
    ]


def test_a_line_that_is_merged_later_adds_nothing(
    production: Database, kalshi_ts: Database, second_kalshi_ts: Database
) -> None:
    receive(second_kalshi_ts, [sent(UNDATED, at) for at in (0.3, 0.4, 2.3)])
    merge(production, [kalshi_ts, second_kalshi_ts])
    receive(kalshi_ts, [sent(UNDATED, at) for at in (0, 0.1, 2)])
    merge(production, [kalshi_ts, second_kalshi_ts])
    assert len(rows(production, "orderbook_deltas", "exchange_ts occurrence size_delta")) == 3


def test_deltas_without_a_time_of_receipt_in_common_are_held_once(
    production: Database, kalshi_ts: Database, second_kalshi_ts: Database
) -> None:
    receive(kalshi_ts, [frame("orderbook_delta", UNDATED)] * 3, NOW)
    receive(second_kalshi_ts, [frame("orderbook_delta", UNDATED)] * 2, NOW + SECOND)
    merge(production, [kalshi_ts, second_kalshi_ts])
    held = rows(production, "orderbook_deltas", "occurrence exchange_ts received_at")
    assert held == [(0, NOW, NOW), (1, NOW, NOW), (2, NOW, NOW)]


def test_a_change_with_a_time_and_one_without_are_two(production: Database, kalshi_ts: Database) -> None:
    receive(kalshi_ts, [sent(UNDATED, 1), sent({**DATED, "ts_ms": int(NOW.timestamp() * 1000)}, 0)])
    merge(production, [kalshi_ts])
    held = rows(production, "orderbook_deltas", "exchange_ts time_digits clock")
    assert [digits for _, digits, _ in held] == [3, None]


def test_a_trade_without_a_taker_is_held_with_none(production: Database, kalshi_ts: Database) -> None:
    receive(kalshi_ts, [frame("trade", TRADE)])
    merge(production, [kalshi_ts])
    held = rows(production, "trades", "trade_id taker_side is_block_trade yes_price no_price")
    assert [(*row[:3], str(row[3]), str(row[4])) for row in held] == [("block", None, True, "0.4100", "0.5900")]
