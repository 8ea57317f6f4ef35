"""What the exchange publishes, before it is addressed to anybody."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

# The channel that carries each type of data frame; a type that is not listed travels on the channel of its own name.
CHANNEL_OF_TYPE = {
    "orderbook_snapshot": "orderbook_delta",
    "event_lifecycle": "market_lifecycle_v2",
    "event_fee_update": "market_lifecycle_v2",
}
# Fields that the exchange calls deprecated and may leave out (changelog of 15 Apr and 6 May 2026).
DEPRECATED = {"orderbook_delta": ("ts",), "ticker": ("ts", "time"), "trade": ("ts", "taker_side")}


class Fact(NamedTuple):
    """One message: its type, channel, what subscriptions choose it by (market or index), and its encoded body.

    `envelope` holds further top-level fields, each encoded and followed by a comma; None gets the time of sending.
    `note` is what only the journal says about it, encoded the same way.
    """

    type: str
    channel: str
    topic: str | None
    body: bytes
    envelope: bytes | None = None
    note: bytes = b""


def fact(kind: str, topic: str | None, body: Mapping[str, Any], *, channel: str | None = None) -> Fact:
    """Return a fact with a body that is not encoded yet."""
    return Fact(kind, channel or CHANNEL_OF_TYPE.get(kind, kind), topic, msgspec.json.encode(body))


def in_yes_prices(body: bytes) -> bytes:
    """Return an order-book body with its NO side on the YES scale, for who subscribed with `use_yes_price`."""
    fields: dict[str, Any] = msgspec.json.decode(body)
    if fields.get("side") == "no" and "price_dollars" in fields:
        fields["price_dollars"] = complement(fields["price_dollars"])
    if "no_dollars_fp" in fields:
        fields["no_dollars_fp"] = [[complement(price), size] for price, size in fields["no_dollars_fp"]]
    return msgspec.json.encode(fields)


def complement(price: str) -> str:
    """Return the price of the other leg: both make one dollar."""
    return f"{1 - Decimal(price):.4f}"
