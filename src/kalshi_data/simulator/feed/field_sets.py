"""The fields that data messages may lack.

The exchange changes its messages in steps: for a while, some connections get a field that others lack.
"""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from kalshi_data.simulator.messages import Message

FieldSet = frozenset[str]
NO_FIELDS: FieldSet = frozenset()
ENVELOPE_FIELD = "sending_ts_ms"
LIFECYCLE = frozenset(
    {
        *("exchange_index", "is_deactivated", "settlement_value", "price_level_structure", "price_ranges"),
        *("additional_metadata", "strike_type"),
    }
)
# Fields that are documented as optional, were added later, or are deprecated. A message without one is still readable.
OPTIONAL = {
    "orderbook_delta": frozenset({"clock", "market_id", "ts", "ts_ms"}),
    "orderbook_snapshot": frozenset({"clock", "market_id"}),
    "ticker": frozenset(
        {
            *("market_id", "ts", "ts_ms", "time", "price_dollars", "yes_bid_dollars", "yes_ask_dollars"),
            *("yes_bid_size_fp", "yes_ask_size_fp", "last_trade_size_fp", "volume_fp", "open_interest_fp"),
            *("dollar_volume", "dollar_open_interest"),
        }
    ),
    "trade": frozenset(
        {
            *("ts", "ts_ms", "no_price_dollars", "is_block_trade"),
            *("taker_side", "taker_outcome_side", "taker_book_side"),
        }
    ),
    "market_lifecycle_v2": LIFECYCLE,
    "multivariate_market_lifecycle": LIFECYCLE,
    "event_lifecycle": frozenset({"exchange_index", "subtitle", "collateral_return_type", "strike_date"}),
    "cfbenchmarks_value": frozenset({"avg_60s_data"}),
}
FIELDS = NO_FIELDS.union({ENVELOPE_FIELD}, *OPTIONAL.values())
# The changelog of 15 Apr and 6 May 2026 announces that these will be removed.
DEPRECATED: FieldSet = frozenset({"ts", "time", "taker_side"})


def check_names(names: Iterable[str]) -> FieldSet:
    """Return names of fields as a set.

    Raises:
        ValueError: if a message cannot lack one of them.
    """
    named = frozenset(names)
    unknown = sorted(named - FIELDS)
    if unknown:
        raise ValueError(f"no field to leave out: {', '.join(unknown)}; choose from: {', '.join(sorted(FIELDS))}")
    return named


@lru_cache(maxsize=1 << 12)
def fields_of(kind: str, fields: FieldSet) -> FieldSet:
    """Return those of some fields that messages of a type may have, so that they can lack them."""
    return fields & (OPTIONAL.get(kind, NO_FIELDS) | {ENVELOPE_FIELD})


def without(message: Message, fields: FieldSet) -> Message:
    """Return a message without some fields; a recorded body that is no JSON object stays as it is."""
    if not fields:
        return message
    body = _without(message.body, fields) if fields - {ENVELOPE_FIELD} else message.body
    envelope = message.envelope
    if ENVELOPE_FIELD in fields:
        envelope = _envelope_without(envelope) if envelope else b""
    return message._replace(body=body, envelope=envelope)


def _without(encoded: bytes, fields: FieldSet) -> bytes:
    try:
        values = msgspec.json.decode(encoded, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return encoded
    return msgspec.json.encode({name: value for name, value in values.items() if name not in fields})


def _envelope_without(envelope: bytes) -> bytes:
    """Return further top-level fields, each followed by a comma, without the time of sending."""
    left = _without(b"{%b}" % envelope.removesuffix(b","), frozenset({ENVELOPE_FIELD}))
    return b"" if left == b"{}" else left[1:-1] + b","


class ConnectionFields:
    """The fields that one connection's messages lack now, for a number of messages or until further notice."""

    def __init__(self, lacked: FieldSet) -> None:
        """Lack these fields."""
        self.lacked = self._usual = lacked
        self._messages_left = 0

    def lack(self, fields: FieldSet) -> None:
        """Lack exactly these fields from now on."""
        self.lacked = self._usual = fields
        self._messages_left = 0

    def lack_for(self, messages: int, fields: FieldSet) -> None:
        """Lack further fields in the next `messages` messages that can have one of them."""
        self.lacked = self._usual | fields
        self._messages_left = messages

    def take(self, kind: str) -> FieldSet:
        """Return the fields that the next message, of this type, lacks."""
        if not self.lacked:
            return self.lacked
        found = fields_of(kind, self.lacked)
        if self._messages_left and found - self._usual:
            self._messages_left -= 1
            if not self._messages_left:
                self.lacked = self._usual
        return found
