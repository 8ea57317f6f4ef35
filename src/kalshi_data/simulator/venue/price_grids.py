"""The price grids of the exchange, in units of 0.0001 dollars.

Source: docs.kalshi.com on price level structures; `price_ranges` is what counts, the label only a name.
"""

from functools import cached_property
from typing import NamedTuple

WHOLE = 10_000
# Every price as it is sent: dollars with four decimals.
PRICES = [f"{price // WHOLE}.{price % WHOLE:04d}" for price in range(WHOLE + 1)]


class Band(NamedTuple):
    """Prices from `start` to `end`, each `step` apart."""

    start: int
    end: int
    step: int


class Grid:
    """A named grid."""

    def __init__(self, label: str, bands: tuple[Band, ...]) -> None:
        """Keep the bands, in order of price."""
        self.label = label
        self.bands = bands

    @cached_property
    def ranges(self) -> list[dict[str, str]]:
        """The bands as the exchange sends them."""
        return [{name: PRICES[value] for name, value in band._asdict().items()} for band in self.bands]

    @cached_property
    def prices(self) -> list[int]:
        """Every price an order may have, ascending."""
        found = {price for band in self.bands for price in range(band.start, band.end + 1, band.step)}
        return sorted(found - {0, WHOLE})


def _edged(edge: int, centre: int, width: int = 1000) -> tuple[Band, ...]:
    """Return a grid that is finer near 0 and 1."""
    return Band(0, width, edge), Band(width, WHOLE - width, centre), Band(WHOLE - width, WHOLE, edge)


def _even(step: int) -> tuple[Band, ...]:
    return (Band(0, WHOLE, step),)


GRIDS = {
    label: Grid(label, bands)
    for label, bands in {
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
