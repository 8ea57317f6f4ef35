"""Decodes message bodies.

What is missing in a message comes in many forms: no field, null, or an empty text. All of them read as absent. A field
that the row does not need, or that has a successor in the same message, is ignored if its value is bad.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.amounts import CHECKS
from kalshi_data.kalshi.error_messages import clean
from kalshi_data.kalshi.messages import DISPENSABLE, Envelope, MessageBody
from kalshi_data.kalshi.timestamps import MILLISECOND_US, SentTime, exchange_time, known_time

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?\Z")
# A message may have any number of fields with any names: at most this many are reported per message.
REPORTED_FIELDS_MAX = 20
FIELD_NAME_LENGTH_MAX = 80
# The clocks of the exchange and of a host agree within this time, so a message that says it was sent later than this
# after it was received is wrong. It may have been sent long before: a recording is played again with its old times.
SENT_AHEAD_MAX = timedelta(hours=1)


Body = TypeVar("Body", bound=MessageBody)


class OddField(NamedTuple):
    """A field that the row is made without: one that this version does not know, or one with a bad value."""

    message_type: str
    name: str
    is_known: bool


class BodyDecoder(Generic[Body]):
    """Decodes one kind of message body."""

    def __init__(self, kind: type[Body]) -> None:
        """Prepare to decode into `kind`."""
        fields = msgspec.structs.fields(kind)
        checked = [field for field in fields if field.type in CHECKS and field.name not in kind.UNIQUE]
        self._strict = msgspec.json.Decoder(_strict_type(kind, checked))
        names = {kind: [field.name for field in checked if field.type == kind] for kind in CHECKS}
        # With one name, an attrgetter would return no tuple.
        self._checks = [(attrgetter(*each, each[0]), CHECKS[kind].require) for kind, each in names.items() if each]
        self._lenient = msgspec.json.Decoder(kind)
        self._fields = {field.encode_name: field for field in fields}
        self._replaceable = kind.REPLACEABLE
        self._numbers = kind.NUMBERS

    def decode(self, envelope: Envelope, odd_fields: list[OddField]) -> Body:
        """Return the body of a frame; append the fields that it is read without to `odd_fields`.

        Raises:
            msgspec.DecodeError: a field is missing or has a bad value.
        """
        try:
            body = self._strict.decode(envelope.msg)
            for values_of, require in self._checks:
                require(values_of(body))
        except msgspec.ValidationError as error:
            refusal = error
        else:
            return body
        try:
            fields = _FIELDS.decode(envelope.msg)
        except msgspec.ValidationError:
            raise refusal from None
        ignored: list[str] = []
        try:
            body = self._lenient.decode(envelope.msg)
        except msgspec.ValidationError:
            body, ignored = self._without_bad_fields(fields)
        unknown = [name for name in fields if name not in self._fields]
        for names, is_known in ((ignored, True), (unknown, False)):
            short = [clean(name)[:FIELD_NAME_LENGTH_MAX] for name in names[:REPORTED_FIELDS_MAX]]
            odd_fields.extend(OddField(envelope.type, name, is_known) for name in short)
        return body

    def _without_bad_fields(self, fields: dict[str, msgspec.Raw]) -> tuple[Body, list[str]]:
        """Decode without what stands for nothing, and without bad values that nothing depends on; return their names.

        Raises:
            msgspec.DecodeError: another field has a bad value.
        """
        kept = {
            name: _without_nulls(value)
            for name, value in fields.items()
            if name in self._fields and (self._fields[name].required or bytes(value) not in _NOTHING)
        }
        kept |= {name: _as_integer(kept[name]) for name in self._numbers if name in kept}
        ignored = [
            name
            for name, successor in self._replaceable.items()
            if name in kept and successor in (None, *kept) and not _is_of_type(kept[name], self._fields[name].type)
        ]
        good = {name: value for name, value in kept.items() if name not in ignored}
        return self._lenient.decode(msgspec.json.encode(good)), ignored


def _strict_type(kind: type[Body], checked: Sequence[msgspec.structs.FieldInfo]) -> type[Body]:
    """Return a type that refuses unknown fields, and takes any text in the fields that are checked afterwards."""
    fields = [
        (field.name, CHECKS[field.type].plain, *(() if field.required else (field.default,))) for field in checked
    ]
    return cast(
        "type[Body]",
        msgspec.defstruct(
            kind.__name__, fields, bases=(kind,), frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False
        ),
    )


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_NULL = b"null"
_NOTHING = (_NULL, b'""')


def _without_nulls(value: msgspec.Raw) -> msgspec.Raw:
    """Return a list without its nulls, and any other value as it is."""
    if not bytes(value).startswith(b"["):
        return value
    return msgspec.Raw(msgspec.json.encode([each for each in _LIST.decode(value) if bytes(each) != _NULL]))


def _as_integer(value: msgspec.Raw) -> msgspec.Raw:
    """Return a number as an integer if it is whole, in whatever form it was sent; any other value as it is."""
    text = bytes(value).decode(errors="replace").strip('"')
    if _WHOLE_NUMBER.match(text) is None:
        return value
    number = Decimal(text)
    # An exponent may be large, so the size is compared before the digits are written out.
    is_whole = abs(number) < Decimal(2**64) and number == number.to_integral_value()
    return msgspec.Raw(str(int(number)).encode()) if is_whole else value


def _is_of_type(value: msgspec.Raw, kind: Any) -> bool:
    try:
        msgspec.json.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


_ENVELOPE = msgspec.json.Decoder(Envelope)
# Fields of an envelope that a row can do without.
_OPTIONAL = {field.name: field.type for field in msgspec.structs.fields(Envelope) if field.name in DISPENSABLE}


def decode_envelope(raw: bytes) -> Envelope:
    """Decode the envelope of a frame.

    Raises:
        BadFrame: the frame is not JSON, or not an envelope.
    """
    try:
        try:
            return _ENVELOPE.decode(raw)
        except msgspec.ValidationError as error:
            return _envelope_without_bad_fields(raw, error)
    except msgspec.ValidationError as error:
        raise BadFrame(f"bad envelope: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"not JSON: {error}") from error


def _envelope_without_bad_fields(raw: bytes, error: msgspec.ValidationError) -> Envelope:
    """Decode an envelope without the fields that a row can do without.

    Raises:
        msgspec.DecodeError: another field has a bad value.
    """
    try:
        fields = _FIELDS.decode(raw)
    except msgspec.ValidationError:
        raise error from None
    present = {name: value for name, value in fields.items() if bytes(value) not in _NOTHING}
    bad = {name for name, kind in _OPTIONAL.items() if name in present and not _is_of_type(present[name], kind)}
    return _ENVELOPE.decode(msgspec.json.encode({name: present[name] for name in present.keys() - bad}))


class _Timed(msgspec.Struct, frozen=True):
    ts_ms: SentTime = None


class _Identified(msgspec.Struct, frozen=True):
    market_id: msgspec.Raw = msgspec.Raw(b"null")


_TIMED = msgspec.json.Decoder(_Timed)
_IDENTIFIED = msgspec.json.Decoder(_Identified)


def sending_time(envelope: Envelope) -> datetime | None:
    """Return when the exchange sent a message; None if the message does not say so in a form that can be read."""
    try:
        return exchange_time(envelope.sending_ts_ms, MILLISECOND_US)
    except BadFrame:
        return None


def plausible_sending_time(envelope: Envelope, received_at: datetime) -> datetime | None:
    """Return when the exchange sent a message, for its row; None also if that cannot be right."""
    try:
        known = known_time(envelope.sending_ts_ms, MILLISECOND_US)
    except BadFrame:
        return None
    # Nearly all messages were sent before, so that the difference needs not be computed.
    is_wrong = known is not None and known[0] > received_at and known[0] - received_at > SENT_AHEAD_MAX
    return None if known is None or is_wrong else known[0]


def event_time(envelope: Envelope) -> datetime | None:
    """Return the matching engine's time of a message; None if it has none that can be read."""
    try:
        return exchange_time(_TIMED.decode(envelope.msg).ts_ms, MILLISECOND_US)
    except (BadFrame, msgspec.DecodeError, UnicodeDecodeError):
        return None


def has_empty_market_id(envelope: Envelope) -> bool:
    """Return whether a message that was decoded has an empty market_id; none, or one that is no text, is not empty."""
    return bytes(_IDENTIFIED.decode(envelope.msg).market_id) == b'""'


class _Named(msgspec.Struct, frozen=True):
    market_ticker: str | None = None


_NAMED = msgspec.json.Decoder(_Named)


def subject_of(frame: bytes) -> tuple[int | None, str | None]:
    """Return the subscription and the market that a frame names which has no row; None for what it does not name."""
    try:
        envelope = decode_envelope(frame)
    except BadFrame:
        return None, None
    try:
        return envelope.sid, _NAMED.decode(envelope.msg).market_ticker
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return envelope.sid, None
