"""Levels of order books as whole numbers, exact: prices in 1/10000 dollar, sizes in 1/100 contract.

A price or size that needs more digits is a Decimal in the same unit, which equals a whole number of the same value.
"""

from decimal import Decimal
from functools import lru_cache

Units = int | Decimal
# Sizes by price, of the bids of one side.
Ladder = dict[Units, Units]
PRICE_PLACES, SIZE_PLACES = 4, 2
# At most this many levels that differ are listed.
LISTED_LEVELS_MAX = 50


def _scaled(amount: str, places: int) -> Units:
    value = Decimal(amount).scaleb(places)
    whole = int(value)
    return whole if whole == value else value


@lru_cache(maxsize=65_536)
def to_price(dollars: str) -> Units:
    """Convert a price; equal texts give the same object, so that many books share it."""
    return _scaled(dollars, PRICE_PLACES)


@lru_cache(maxsize=65_536)
def to_size(contracts: str) -> Units:
    """Convert a size, or the change of one."""
    return _scaled(contracts, SIZE_PLACES)


def read_ladder(prices: str, sizes: str) -> Ladder | None:
    """Return the levels of two array literals; a level without contracts is none.

    None if it is not certain what they mean: a price stands there twice, or a size is below 0.
    """
    levels: Ladder = {}
    if prices == "{}":
        return levels
    listed = prices[1:-1].split(",")
    for price, size in zip(listed, sizes[1:-1].split(","), strict=True):
        levels[to_price(price)] = to_size(size)
    if len(levels) < len(listed) or min(levels.values()) < 0:
        return None
    return levels if all(levels.values()) else {price: size for price, size in levels.items() if size}


def list_differences(rebuilt: tuple[Ladder, Ladder], published: tuple[Ladder, Ladder]) -> list[dict[str, str]]:
    """List the levels whose sizes differ in two books of (NO bids, YES bids), by side and price, as text."""
    found: list[dict[str, str]] = []
    for side, one, other in zip(("no", "yes"), rebuilt, published, strict=True):
        for price in sorted(one.keys() | other.keys()):
            sizes = one.get(price, 0), other.get(price, 0)
            if sizes[0] != sizes[1]:
                texts = (_text(price, PRICE_PLACES), *(_text(size, SIZE_PLACES) for size in sizes))
                found.append({"side": side, **dict(zip(("price", "rebuilt", "published"), texts, strict=True))})
    return found


def _text(value: Units, places: int) -> str:
    return format(Decimal(value).scaleb(-places), "f")
