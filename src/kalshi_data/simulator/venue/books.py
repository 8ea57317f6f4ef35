"""The order books of a recording, for clients that subscribe late or ask for a snapshot."""

import contextlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.amounts import canonical, dollars, in_dollars, require
from kalshi_data.kalshi.decoding import BodyDecoder
from kalshi_data.kalshi.messages import Envelope, OrderbookDelta, OrderbookSnapshot
from kalshi_data.simulator.messages import Message
from kalshi_data.simulator.venue.recording import RecordedFrame

BookSide = dict[Decimal, Decimal]
SIDES = ("yes", "no")
_SNAPSHOT, _DELTA = BodyDecoder(OrderbookSnapshot), BodyDecoder(OrderbookDelta)


class RecordedBook:
    """One market's order book, in today's form whatever the form of its messages."""

    def __init__(self) -> None:
        """Start without levels."""
        self.sides: dict[str, BookSide] = {side: {} for side in SIDES}
        self.market_id = ""
        # The clock of the newest message: a book that changed without one has none.
        self.clock: int | None = None

    def replace(self, msg: OrderbookSnapshot) -> None:
        """Take over a snapshot."""
        yes = msg.yes_dollars_fp or msg.yes_dollars or in_dollars(msg.yes)
        no = msg.no_dollars_fp or msg.no_dollars or in_dollars(msg.no)
        self.sides = {"yes": _levels(yes), "no": _levels(no)}
        self._label(msg)

    def change(self, msg: OrderbookDelta) -> None:
        """Add a change to a price level; remove the level if its size is zero.

        Raises:
            BadFrame: the price or the size is missing, or is no amount.
        """
        price = Decimal(canonical(msg.price_dollars or str(require("price_dollars", dollars(msg.price)))))
        delta = Decimal(canonical(msg.delta_fp or str(require("delta_fp", msg.delta))))
        side = self.sides[msg.side]
        size = side.pop(price, Decimal(0)) + delta
        if size:
            side[price] = size
        self._label(msg)

    def _label(self, msg: OrderbookSnapshot | OrderbookDelta) -> None:
        self.market_id, self.clock = msg.market_id or self.market_id, msg.clock


class OrderBooks:
    """The order book of every market that had a book frame."""

    def __init__(self) -> None:
        """Start without markets."""
        self._books: dict[str, RecordedBook] = {}
        self._ticker_messages: dict[str, Message] = {}

    def apply(self, frame: RecordedFrame) -> None:
        """Apply one frame; ignore book frames that no reader could understand."""
        ticker, body = frame.market_ticker, frame.fields["msg"]
        if ticker is None:
            return
        if frame.channel == "orderbook_delta":
            book = self._books.setdefault(ticker, RecordedBook())
            envelope = Envelope(frame.type, msg=body)
            with contextlib.suppress(BadFrame, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                if frame.type == "orderbook_snapshot":
                    book.replace(_SNAPSHOT.decode(envelope, []))
                else:
                    book.change(_DELTA.decode(envelope, []))
        elif frame.type == "ticker":
            self._ticker_messages[ticker] = Message("ticker", "ticker", ticker, bytes(body))

    def ticker_message(self, market_ticker: str) -> Message | None:
        """Return a market's last ticker message."""
        return self._ticker_messages.get(market_ticker)

    def snapshot(self, market_ticker: str) -> dict[str, Any]:
        """Return the body of a snapshot; an unknown market has an empty market_id and no levels."""
        book = self._books.get(market_ticker) or RecordedBook()
        result: dict[str, Any] = {"market_ticker": market_ticker, "market_id": book.market_id}
        if book.clock is not None:
            result["clock"] = book.clock
        for side, levels in book.sides.items():
            if levels:
                result[f"{side}_dollars_fp"] = [[_text(price, 4), _text(levels[price], 2)] for price in sorted(levels)]
        return result


def _levels(sent: Iterable[tuple[str | int, str | int]]) -> BookSide:
    return {Decimal(price): Decimal(size) for price, size in sent}


def _text(amount: Decimal, places: int) -> str:
    """Return an amount with at least this many places, and more if it has them."""
    exponent = amount.normalize().as_tuple().exponent
    return f"{amount:.{max(places, -int(exponent))}f}"
