"""Drawings from rows: strips of states, and lines over a day, as numbers that a template puts into SVG."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple


class StateRun(NamedTuple):
    """Neighbouring cells of a strip with one state."""

    first: int
    cells: int
    state: str


def runs(states: Sequence[str | None]) -> list[StateRun]:
    """Return a strip's cells as runs of equal states; cells without a state are left out."""
    found: list[StateRun] = []
    for state, group in groupby(enumerate(states), key=lambda cell: cell[1]):
        cells = [number for number, _ in group]
        if state:
            found.append(StateRun(cells[0], len(cells), state))
    return found


class Scale(NamedTuple):
    """Values from `lowest` to `highest`, drawn on a height of 100 from the bottom up."""

    lowest: float
    highest: float

    def y(self, value: Decimal | float) -> float:
        """Return where a value lies, counted from the top."""
        return round(100 - 100 * (float(value) - self.lowest) / (self.highest - self.lowest), 2)

    def marks(self, steps: int = 4) -> list[float]:
        """Return the values at equal distances, the highest first."""
        length = (self.highest - self.lowest) / steps
        return [round(self.highest - number * length, 6) for number in range(steps + 1)]


def fitted_scale(values: Iterable[Decimal | float | None], *, from_zero: bool = False) -> Scale:
    """Return a scale that holds all values, with a little room; 0 to 1 if there is none."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return Scale(0.0, 1.0)
    lowest, highest = (0.0 if from_zero else min(known)), max(known)
    room = (highest - lowest) * 0.05 or max(abs(highest) * 0.05, 0.01)
    return Scale(lowest if from_zero else lowest - room, highest + room)


def steps_path(points: Iterable[tuple[float, float | None]], width: float) -> str:
    """Return a line of steps as the path of SVG: each point holds until the next one, a missing one interrupts it.

    `points` are x and y; `width` is how long the last one holds.
    """
    parts: list[str] = []
    is_drawn = False
    for x, y in points:
        if y is None:
            is_drawn = False
            continue
        parts.append(f"{'V' if is_drawn else f'M{x:g} '}{y:g}H{x + width:g}")
        is_drawn = True
    return "".join(parts)


class Bar(NamedTuple):
    """A bar of a drawing."""

    x: float
    y: float
    width: float
    height: float


def bars(
    rows: Sequence[dict[str, Any]], low: str, high: str, scale: Scale, xs: Sequence[float], width: float
) -> list[Bar]:
    """Return a bar from the `low` to the `high` value of each row that has both, at least one unit high."""
    found: list[Bar] = []
    for x, row in zip(xs, rows, strict=True):
        if row[low] is not None and row[high] is not None:
            top, bottom = scale.y(row[high]), scale.y(row[low])
            found.append(Bar(x, top, width, max(round(bottom - top, 2), 1.0)))
    return found
