"""The order books of a recording, for clients that subscribe late or ask for a snapshot."""

import contextlib
from decimal import Decimal
from typing import Any

import msgspec

from kalshi_data.simulator.messages import Message
from kalshi_data.simulator.venue.recording import RecordedFrame

BookSide = dict[Decimal, Decimal]
SIDES = ("yes", "no")


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
            body = msgspec.json.decode(frame.fields["msg"], type=dict[str, Any])
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
                sides[side] = {Decimal(price): Decimal(str(size)) for price, size in levels}
        elif body.get("side") in SIDES and "price_dollars" in body:
            _change(sides[body["side"]], Decimal(body["price_dollars"]), Decimal(str(body.get("delta_fp", 0))))

    def snapshot(self, market_ticker: str) -> dict[str, Any]:
        """Return the body of a snapshot; an unknown market has an empty market_id and no levels."""
        body = self._bodies.get(market_ticker, {})
        result = {"market_ticker": market_ticker, "market_id": body.get("market_id", "")}
        if "clock" in body:
            result["clock"] = body["clock"]
        for side in SIDES:
            levels = self._sides.get(market_ticker, {}).get(side, {})
            if levels:
                result[f"{side}_dollars_fp"] = [[f"{price:.4f}", f"{levels[price]:.2f}"] for price in sorted(levels)]
        return result


def _change(side: BookSide, price: Decimal, delta: Decimal) -> None:
    """Add a delta to a price level; remove the level if its size is zero."""
    size = side.get(price, Decimal(0)) + delta
    if size:
        side[price] = size
    else:
        side.pop(price, None)
