"""Message bodies decoded once, and only those with fields that nobody knows a second time."""

from collections.abc import Callable
from typing import Generic, TypeVar, cast

import msgspec

from kalshi_data.kalshi.messages import Envelope

Body = TypeVar("Body", bound=msgspec.Struct)
# Called with message type and name: the exchange adds fields without notice, and the row is made without them.
TellOfField = Callable[[str, str], None]


def ignore(kind: str, name: str) -> None:
    """Do nothing about an unknown field."""


class BodyDecoder(Generic[Body]):
    """Decodes one kind of message body."""

    def __init__(self, kind: type[Body]) -> None:
        """Prepare to decode into `kind`."""
        strict = msgspec.defstruct(kind.__name__, [], bases=(kind,), frozen=True, forbid_unknown_fields=True)
        self._strict = msgspec.json.Decoder(cast("type[Body]", strict))
        self._lenient = msgspec.json.Decoder(kind)
        self._known = frozenset(field.encode_name for field in msgspec.structs.fields(kind))

    def decode(self, envelope: Envelope, unknown_field: TellOfField) -> Body:
        """Return the body of a frame, and tell of the fields that it has and `kind` has not.

        Raises:
            msgspec.DecodeError: a field is missing or has a bad value.
        """
        try:
            return self._strict.decode(envelope.msg)
        except msgspec.ValidationError:
            body = self._lenient.decode(envelope.msg)
            for name in _FIELDS.decode(envelope.msg).keys() - self._known:
                unknown_field(envelope.type, name)
            return body


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class EventTime(msgspec.Struct, frozen=True):
    """When the matching engine did what a message tells, in ms since 1970; None where the message does not say."""

    ts_ms: int | None = None


_EVENT_TIME = msgspec.json.Decoder(EventTime)


def event_time_ms(envelope: Envelope) -> int | None:
    """Return the matching engine's time of a message that was understood, if it has one."""
    return _EVENT_TIME.decode(envelope.msg).ts_ms
