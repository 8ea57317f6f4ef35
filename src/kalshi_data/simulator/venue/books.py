"""The order books of a recording, for clients that subscribe late or ask for a snapshot."""

import contextlib
import re
from decimal import Decimal
from typing import Any

import msgspec

from kalshi_data.kalshi.messages import AMOUNT_PATTERN
from kalshi_data.simulator.messages import Message
from kalshi_data.simulator.venue.recording import RecordedFrame

BookSide = dict[Decimal, Decimal]
SIDES = ("yes", "no")
AMOUNT = re.compile(AMOUNT_PATTERN)


class OrderBooks:
    """The order book of every market that had a book frame."""

    def __init__(self) -> None:
        """Start without markets."""
        self._sides: dict[str, dict[str, BookSide]] = {}
        self._bodies: dict[str, dict[str, Any]] = {}
        self._ticker_messages: dict[str, Message] = {}

    def apply(self, frame: RecordedFrame) -> None:
        """Apply one frame; ignore book frames of an old form or with amounts that cannot be parsed."""
        if frame.channel == "orderbook_delta" and frame.market_ticker is not None:
            body = _readable_fields(frame.fields["msg"])
            self._bodies[frame.market_ticker] = body
            with contextlib.suppress(ArithmeticError, TypeError, ValueError):
                self._change_book(frame, body, self._sides.setdefault(frame.market_ticker, {s: {} for s in SIDES}))

        if frame.type == "ticker" and frame.market_ticker is not None:
            self._ticker_messages[frame.market_ticker] = Message(
                "ticker", "ticker", frame.market_ticker, bytes(frame.fields["msg"])
            )

    def ticker_message(self, market_ticker: str) -> Message | None:
        """Return a market's last ticker message."""
        return self._ticker_messages.get(market_ticker)

    @staticmethod
    def _change_book(frame: RecordedFrame, body: dict[str, Any], sides: dict[str, BookSide]) -> None:
        if frame.type == "orderbook_snapshot":
            for side in SIDES:
                levels = body.get(f"{side}_dollars_fp") or ()
                sides[side] = {_amount(price): _amount(size) for price, size in levels}
        elif body.get("side") in SIDES and "price_dollars" in body:
            _change(sides[body["side"]], _amount(body["price_dollars"]), _amount(body.get("delta_fp", 0)))

    def snapshot(self, market_ticker: str) -> dict[str, Any]:
        """Return the body of a snapshot; an unknown market has an empty market_id and no levels."""
        body = self._bodies.get(market_ticker, {})
        market_id, clock = body.get("market_id"), body.get("clock")
        result: dict[str, Any] = {"market_ticker": market_ticker}
        result["market_id"] = market_id if isinstance(market_id, str) else ""
        if isinstance(clock, int) and not isinstance(clock, bool):
            result["clock"] = clock
        for side in SIDES:
            levels = self._sides.get(market_ticker, {}).get(side, {})
            if levels:
                result[f"{side}_dollars_fp"] = [[_text(price, 4), _text(levels[price], 2)] for price in sorted(levels)]
        return result


def _readable_fields(body: msgspec.Raw) -> dict[str, Any]:
    """Return the fields of a body without those that cannot be read."""
    fields: dict[str, Any] = {}
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        for name, value in msgspec.json.decode(body, type=dict[str, msgspec.Raw]).items():
            with contextlib.suppress(msgspec.DecodeError):
                fields[name] = msgspec.json.decode(value)
    return fields


def _amount(sent: object) -> Decimal:
    """Return an amount.

    Raises:
        ValueError: the exchange sends no such amounts.
    """
    if not AMOUNT.match(str(sent)):
        raise ValueError(sent)
    return Decimal(str(sent))


def _text(amount: Decimal, places: int) -> str:
    """Return an amount with at least this many places, and more if it has them."""
    exponent = amount.normalize().as_tuple().exponent
    return f"{amount:.{max(places, -int(exponent))}f}"


def _change(side: BookSide, price: Decimal, delta: Decimal) -> None:
    """Add a delta to a price level; remove the level if its size is zero."""
    size = side.get(price, Decimal(0)) + delta
    if size:
        side[price] = size
    else:
        side.pop(price, None)
