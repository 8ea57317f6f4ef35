"""Order books as the exchange knows them, for clients that subscribe late or ask for a snapshot."""

import contextlib
from decimal import Decimal
from typing import Any

import msgspec

from kalshi_data.simulator.published import Fact
from kalshi_data.simulator.venue.recording import RecordedFrame

Ladder = dict[Decimal, Decimal]
SIDES = ("yes", "no")


class Books:
    """The book of every market that had a frame."""

    def __init__(self) -> None:
        """Begin with no market."""
        self._ladders: dict[str, dict[str, Ladder]] = {}
        self._bodies: dict[str, dict[str, Any]] = {}
        self._summaries: dict[str, Fact] = {}

    def apply(self, frame: RecordedFrame) -> None:
        """Follow one frame; only book frames of today's form, with amounts that are amounts, change a book."""
        if frame.channel == "orderbook_delta" and frame.market_ticker is not None:
            body = msgspec.json.decode(frame.fields["msg"], type=dict[str, Any])
            self._bodies[frame.market_ticker] = body
            with contextlib.suppress(ArithmeticError, TypeError, ValueError):
                self._change_book(frame, body, self._ladders.setdefault(frame.market_ticker, {s: {} for s in SIDES}))

        if frame.type == "ticker" and frame.market_ticker is not None:
            self._summaries[frame.market_ticker] = Fact(
                "ticker", "ticker", frame.market_ticker, bytes(frame.fields["msg"])
            )

    def summary(self, market_ticker: str) -> Fact | None:
        """Return a market's last ticker message."""
        return self._summaries.get(market_ticker)

    @staticmethod
    def _change_book(frame: RecordedFrame, body: dict[str, Any], ladders: dict[str, Ladder]) -> None:
        if frame.type == "orderbook_snapshot":
            for side in SIDES:
                levels = body.get(f"{side}_dollars_fp") or ()
                ladders[side] = {Decimal(price): Decimal(str(size)) for price, size in levels}
        elif body.get("side") in SIDES and "price_dollars" in body:
            _change(ladders[body["side"]], Decimal(body["price_dollars"]), Decimal(str(body.get("delta_fp", 0))))

    def snapshot(self, market_ticker: str) -> dict[str, Any]:
        """Return the body of a snapshot; a market nobody knows has an empty market_id and no levels."""
        body = self._bodies.get(market_ticker, {})
        result = {"market_ticker": market_ticker, "market_id": body.get("market_id", "")}
        if "clock" in body:
            result["clock"] = body["clock"]
        for side in SIDES:
            ladder = self._ladders.get(market_ticker, {}).get(side, {})
            if ladder:
                result[f"{side}_dollars_fp"] = [[f"{price:.4f}", f"{ladder[price]:.2f}"] for price in sorted(ladder)]
        return result


def _change(ladder: Ladder, price: Decimal, delta: Decimal) -> None:
    """Add a delta to a level; a level at zero is gone."""
    size = ladder.get(price, Decimal(0)) + delta
    if size:
        ladder[price] = size
    else:
        ladder.pop(price, None)
