"""The price grids of the exchange, in units of 0.0001 dollars.

Source: docs.kalshi.com on price level structures; `price_ranges` defines the grid, the label is only a name.
"""

from functools import cached_property
from typing import NamedTuple

WHOLE = 10_000
# Each price as the exchange sends it: dollars with four decimals.
PRICES = [f"{price // WHOLE}.{price % WHOLE:04d}" for price in range(WHOLE + 1)]


class PriceRange(NamedTuple):
    """Prices from `start` to `end`, each `step` apart."""

    start: int
    end: int
    step: int


class PriceGrid:
    """The prices that orders of a market may have."""

    def __init__(self, label: str, ranges: tuple[PriceRange, ...]) -> None:
        """Use these ranges, in order of price."""
        self.label = label
        self._ranges = ranges

    @cached_property
    def ranges(self) -> list[dict[str, str]]:
        """The ranges as the exchange sends them."""
        return [{name: PRICES[value] for name, value in each._asdict().items()} for each in self._ranges]

    @cached_property
    def prices(self) -> list[int]:
        """Every price an order may have, ascending."""
        found = {price for each in self._ranges for price in range(each.start, each.end + 1, each.step)}
        return sorted(found - {0, WHOLE})


def _edged(edge: int, centre: int, width: int = 1000) -> tuple[PriceRange, ...]:
    """Return the ranges of a grid that is finer near 0 and 1 dollar."""
    return PriceRange(0, width, edge), PriceRange(width, WHOLE - width, centre), PriceRange(WHOLE - width, WHOLE, edge)


def _even(step: int) -> tuple[PriceRange, ...]:
    return (PriceRange(0, WHOLE, step),)


PRICE_GRIDS = {
    label: PriceGrid(label, ranges)
    for label, ranges in {
        "linear_cent": _even(100),
        "deci_cent": _even(10),
        "tapered_deci_cent": _edged(10, 100),
        "center_whole_edge_half_cent": _edged(50, 100),
        "center_whole_edge_quint_cent": _edged(20, 100),
        "center_half_edge_half_cent": _even(50),
        "center_half_edge_quint_cent": _edged(20, 50),
        "center_half_edge_deci_cent": _edged(10, 50),
        "center_quint_edge_quint_cent": _even(20),
        "center_quint_edge_deci_cent": _edged(10, 20),
        "center_centi_edge_centi_cent": _even(1),
        "center_deci_edge_centi_cent": _edged(1, 10, 100),
    }.items()
}
