"""Messages that the exchange publishes, before they are addressed to a connection."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

# The channel of each type of data frame; a type that is not listed has a channel of the same name.
CHANNEL_OF_TYPE = {
    "orderbook_snapshot": "orderbook_delta",
    "event_lifecycle": "market_lifecycle_v2",
    "event_fee_update": "market_lifecycle_v2",
}


class Message(NamedTuple):
    """One message: its type, its channel, its topic (a market or an index), and its encoded body.

    `envelope` holds further top-level fields, each encoded and followed by a comma; if it is None, the message gets
    sending_ts_ms. `journal_fields` are written to the journal only, encoded the same way.
    """

    type: str
    channel: str
    topic: str | None
    body: bytes
    envelope: bytes | None = None
    journal_fields: bytes = b""


def make_message(kind: str, topic: str | None, body: Mapping[str, Any], *, channel: str | None = None) -> Message:
    """Return a message whose body is not encoded yet."""
    return Message(kind, channel or CHANNEL_OF_TYPE.get(kind, kind), topic, msgspec.json.encode(body))


def with_yes_prices(message: Message) -> Message:
    """Return a book message with the NO side in YES prices; other messages stay as they are."""
    return message._replace(body=in_yes_prices(message.body)) if message.channel == "orderbook_delta" else message


def in_yes_prices(body: bytes) -> bytes:
    """Return an order-book body with its NO side in YES prices, for subscriptions with `use_yes_price`."""
    try:
        fields: dict[str, Any] = msgspec.json.decode(body)
        if fields.get("side") == "no" and "price_dollars" in fields:
            fields["price_dollars"] = complement(fields["price_dollars"])
        if fields.get("no_dollars_fp"):
            fields["no_dollars_fp"] = [[complement(price), size] for price, size in fields["no_dollars_fp"]]
        return msgspec.json.encode(fields)
    except (msgspec.DecodeError, ArithmeticError, AttributeError, TypeError, ValueError):
        # A recording may hold a body without readable prices, which stays as it is.
        return body


def complement(price: str) -> str:
    """Return the price of the other side; the two add up to one dollar."""
    return f"{1 - Decimal(price):.4f}"
