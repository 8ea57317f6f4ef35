"""Bodies of control frames."""

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.messages import Acknowledgement, Envelope


class UnsubscribedBody(msgspec.Struct, frozen=True):
    """Body of `unsubscribed`, which is documented to have none."""

    sid: int | None = None


def ended_sid(envelope: Envelope) -> int | None:
    """Return the subscription that the body of `unsubscribed` names, None if it names none."""
    try:
        body = msgspec.json.decode(envelope.msg, type=UnsubscribedBody | None)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return body.sid if body else None


def decode_acknowledgement(envelope: Envelope) -> Acknowledgement:
    """Decode the body of `subscribed`.

    Raises:
        BadFrame: it does not name a channel and a sid.
    """
    try:
        return msgspec.json.decode(envelope.msg, type=Acknowledgement)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadFrame(f"bad {envelope.type}: {error}") from error
