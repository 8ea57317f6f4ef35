"""Decodes message bodies, and checks each amount and each ticker once."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Generic, TypeVar, cast

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.messages import AMOUNT_PATTERN, Envelope, Ticker

_AMOUNT = re.compile(AMOUNT_PATTERN)


@lru_cache(maxsize=65_536)
def canonical(amount: str) -> str:
    """Return an amount without trailing zeros, so that equal amounts are equal texts.

    Raises:
        BadFrame: the text is not an amount.
    """
    if _AMOUNT.match(amount) is None:
        raise BadFrame("bad orderbook_delta: not an amount")
    return format(Decimal(amount).normalize(), "f")


@lru_cache(maxsize=1 << 20)
def checked_ticker(ticker: str) -> str:
    """Return a market's ticker, the same object for all its messages.

    Raises:
        BadFrame: the text is not a ticker.
    """
    try:
        return msgspec.convert(ticker, Ticker)
    except msgspec.ValidationError as error:
        raise BadFrame(f"bad orderbook_delta: market_ticker: {error}") from error


Body = TypeVar("Body", bound=msgspec.Struct)
# Message type and name. The exchange adds fields without notice, and the row is made without them.
UnknownField = tuple[str, str]


class BodyDecoder(Generic[Body]):
    """Decodes one kind of message body."""

    def __init__(self, kind: type[Body]) -> None:
        """Prepare to decode into `kind`."""
        strict = msgspec.defstruct(kind.__name__, [], bases=(kind,), frozen=True, forbid_unknown_fields=True)
        self._strict = msgspec.json.Decoder(cast("type[Body]", strict))
        self._lenient = msgspec.json.Decoder(kind)
        self._known = frozenset(field.encode_name for field in msgspec.structs.fields(kind))

    def decode(self, envelope: Envelope, unknown_fields: list[UnknownField]) -> Body:
        """Return the body of a frame; append its fields that `kind` does not have to `unknown_fields`.

        Raises:
            msgspec.DecodeError: a field is missing or has a bad value.
        """
        try:
            return self._strict.decode(envelope.msg)
        except msgspec.ValidationError:
            body = self._lenient.decode(envelope.msg)
            names = _FIELDS.decode(envelope.msg).keys() - self._known
            unknown_fields.extend((envelope.type, name) for name in names)
            return body


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class EventTime(msgspec.Struct, frozen=True):
    """The matching engine's time of a message in ms since 1970; None if the message has none."""

    ts_ms: int | None = None


_EVENT_TIME = msgspec.json.Decoder(EventTime)


def event_time_ms(envelope: Envelope) -> int | None:
    """Return the matching engine's time of a message that was decoded, if it has one."""
    return _EVENT_TIME.decode(envelope.msg).ts_ms
