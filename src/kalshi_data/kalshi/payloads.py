"""Checks bodies that are stored whole as JSON, so that the database takes them."""

from decimal import Decimal
from typing import Any, cast

import msgspec

from kalshi_data.errors import BadFrame

# PostgreSQL's jsonb holds numbers of any practical size, but neither NUL nor the deepest JSON.
DEPTH_MAX = 200
EXPONENT_MAX = 1_000


def checked_payload(encoded: bytes) -> str:
    """Return a body as text.

    Raises:
        BadFrame: it holds what PostgreSQL's jsonb cannot hold.
        msgspec.DecodeError, UnicodeDecodeError: it is not JSON, or not UTF-8.
    """
    waiting: list[tuple[Any, int]] = [(_ANY.decode(encoded), 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            _require("\x00" not in value, "NUL in a text")
        elif isinstance(value, Decimal):
            _require(value.is_zero() or abs(value.adjusted()) <= EXPONENT_MAX, "a number out of range")
        elif isinstance(value, dict | list):
            _require(depth <= DEPTH_MAX, "nested too deep")
            for each in _parts(cast("dict[str, Any] | list[Any]", value)):
                waiting.append((each, depth + 1))
    return encoded.decode()


_ANY = msgspec.json.Decoder(float_hook=Decimal)


def _parts(value: dict[str, Any] | list[Any]) -> list[Any]:
    return value if isinstance(value, list) else [*value.keys(), *value.values()]


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise BadFrame(f"bad payload: {reason}")
