from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from kalshi_data.errors import BadFrame
from kalshi_data.gatherer.repair.trade_history import decode_trades
from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.bodies import to_page
from kalshi_data.kalshi.decoding import decode_envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import to_row
from kalshi_data.kalshi.trades import to_trade
from tests.support.listing_server import trade

NOW = datetime(2026, 11, 3, tzinfo=UTC)
CREATED = "2026-10-27T14:00:00.447812Z"


def convert(**changes: Any) -> Any:
    return to_trade(msgspec.json.encode(trade(1, CREATED, **changes)), NOW)


def test_a_trade_of_rest_is_the_same_as_in_the_feed() -> None:
    body = {key: value for key, value in trade(1, CREATED).items() if key not in ("ticker", "created_time")}
    message = {"market_ticker": "KXA-1-T1", "ts_ms": 1_793_109_600_447, "ts": 1_793_109_600, **body}
    envelope = decode_envelope(msgspec.json.encode({"type": "trade", "sid": 1, "seq": 1, "msg": message}))
    _, row = to_row(envelope, Arrival(1, NOW, Occurrences()))
    # The feed's row also has the time of sending, connection, sid and seq.
    assert tuple(convert()) == (row[0], row[2], *row[6:])


@pytest.mark.parametrize(
    ("created", "microsecond"),
    [
        ("2026-10-27T14:00:00Z", 0),
        ("2026-10-27T14:00:00.4Z", 400_000),
        ("2026-10-27T14:00:00.999999Z", 999_000),
        ("2026-10-27T14:00:00.000999999Z", 0),
        ("2026-10-27T16:00:00.001+02:00", 1_000),
    ],
)
def test_times_are_cut_off_to_milliseconds(created: str, microsecond: int) -> None:
    found = convert(created_time=created).exchange_ts
    assert found == datetime(2026, 10, 27, 14, 0, 0, microsecond, tzinfo=UTC)


def test_the_side_is_read_from_every_earlier_form() -> None:
    assert convert(taker_outcome_side="no", taker_side="yes").taker_side == "no"
    assert convert(taker_outcome_side=None, taker_book_side="ask").taker_side == "no"
    assert convert(taker_outcome_side=None, taker_book_side=None, taker_side="no").taker_side == "no"
    assert convert(is_block_trade=None).is_block_trade is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"created_time": "yesterday"}, "bad time"),
        ({"created_time": "2026-10-27T14:00:00"}, "no offset"),
        ({"count_fp": 3.5}, "count_fp"),
        ({"yes_price_dollars": "1e3"}, "yes_price_dollars"),
        ({"trade_id": ""}, "trade_id"),
        ({"yes_price_dollars": None, "no_price_dollars": None}, "yes_price_dollars"),
        ({"count_fp": "0.0000001"}, "count_fp"),
    ],
)
def test_only_a_trade_that_cannot_be_decoded_is_left_out(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadFrame, match=reason):
        convert(**changes)
    page = msgspec.json.encode([trade(1, CREATED), trade(2, CREATED, **changes), trade(3, CREATED)])
    good, refused = decode_trades(to_page(page), NOW)
    assert ([each.trade_id for each in good], refused) == (["trade-0001", "trade-0003"], 1)


def test_a_trade_of_rest_needs_one_price_and_no_side() -> None:
    sides = {"taker_outcome_side": "", "taker_book_side": None, "taker_side": ""}
    found = convert(no_price_dollars=None, yes_price_dollars="0.4100", is_block_trade=True, **sides)
    assert (found.yes_price, found.no_price, found.taker_side) == ("0.4100", "0.5900", None)


@pytest.mark.parametrize("created", [1_793_109_600_447, "1793109600.447", 1_793_109_600_447_812])
def test_a_time_of_rest_is_read_in_any_form(created: object) -> None:
    assert convert(created_time=created).exchange_ts == convert().exchange_ts


def test_a_trade_of_2025_is_in_cents_and_whole_contracts() -> None:
    old = {"yes_price_dollars": None, "no_price_dollars": None, "yes_price": 7, "no_price": 93}
    found = convert(**old, count_fp=None, count=3)
    assert (found.yes_price, found.no_price, found.size) == ("0.07", "0.93", "3")


def test_null_in_a_page_is_no_trade() -> None:
    page = msgspec.json.encode([None, trade(1, CREATED), None])
    good, refused = decode_trades(to_page(page), NOW)
    assert ([each.trade_id for each in good], refused) == (["trade-0001"], 0)
