"""Prices and sizes of messages: exact, as text, in dollars and contracts.

Matching a pattern takes longer than decoding, and many messages have equal amounts and names. So each is matched once.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.messages import AMOUNT_PATTERN, Amount, Identifier, Ticker

Levels = Sequence[tuple[str | int, str | int]]
SIDE_OF_BOOK_SIDE = {"bid": "yes", "ask": "no"}
# As many good values of a type are remembered at once.
GOOD_VALUES_MAX = 1 << 17
_AMOUNT = re.compile(AMOUNT_PATTERN)
_INDEX_NUMBER = re.compile(r"^-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?\Z")
_INDEX_AMOUNT = re.compile(r"^-?[0-9]{1,20}(\.[0-9]{1,18}0*)?\Z")


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


class StringCheck:
    """Refuses strings that do not fit a type's pattern; `plain` is the type without the pattern."""

    def __init__(self, kind: Any, plain: Any) -> None:
        """Remember no value yet."""
        self.plain = plain
        self._kind = kind
        # Only good values are remembered: a bad one may have any length.
        self._good: set[object] = set()

    def require(self, values: Sequence[object]) -> None:
        """Return if all values are of the type.

        Raises:
            msgspec.ValidationError: one of them is not.
        """
        if self._good.issuperset(values):
            return
        for value in set(values) - self._good:
            msgspec.convert(value, self._kind)
        if len(self._good) >= GOOD_VALUES_MAX:
            self._good.clear()
        self._good.update(values)


_OptionalAmount = Amount | None
_OptionalIdentifier = Identifier | None
CHECKS: dict[Any, StringCheck] = {
    kind: StringCheck(kind, plain)
    for kind, plain in ((_OptionalAmount, str | None), (_OptionalIdentifier, str | None), (Ticker, str))
}


def first(*values: str | int | None) -> str | int | None:
    """Return the first value that is not None; 0 is a value."""
    for value in values:
        if value is not None:
            return value
    return None


def require(name: str, *values: str | int | None) -> str | int:
    """Return the first value that is not None.

    Raises:
        BadFrame: there is none.
    """
    value = first(*values)
    if value is None:
        raise BadFrame(f"missing field {name}")
    return value


def dollars(cents: int | None) -> str | None:
    """Return whole cents as dollars."""
    return None if cents is None else str(Decimal(cents).scaleb(-2))


def both_prices(yes: str | None, no: str | None) -> tuple[str, str]:
    """Return the YES and the NO price of a trade; one that is missing is one dollar less the other.

    Raises:
        BadFrame: both are missing.
    """
    if yes is None and no is None:
        raise BadFrame("missing field yes_price_dollars")
    return yes or _complement(no), no or _complement(yes)


def _complement(price: str | None) -> str:
    return format(1 - Decimal(price or 0), "f")


def in_dollars(levels: Sequence[tuple[int, int]] | None) -> Levels:
    """Return levels in cents as levels in dollars."""
    return [(str(Decimal(price).scaleb(-2)), size) for price, size in levels or ()]


def ladder(levels: Levels) -> tuple[str, str]:
    """Return prices and sizes as two PostgreSQL array literals, in the order sent."""
    prices = ",".join([str(price) for price, _ in levels])
    sizes = ",".join([str(size) for _, size in levels])
    return f"{{{prices}}}", f"{{{sizes}}}"


def index_amount(sent: str) -> str:
    """Return the value of an index, which may be sent with an exponent, as a plain decimal.

    Raises:
        BadFrame: it is no number, or has more digits than the archive holds.
    """
    plain = format(Decimal(sent), "f") if _INDEX_NUMBER.match(sent) else ""
    if not _INDEX_AMOUNT.match(plain):
        raise BadFrame("bad cfbenchmarks_value: the value is not a number of at most 20 and 18 digits")
    return plain
