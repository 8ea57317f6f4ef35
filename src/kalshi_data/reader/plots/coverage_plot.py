"""What is proven as a picture: a strip per market, and a colour per state."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kalshi_data.reader.plots.figure import (
    BLACK,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    SKY,
    YELLOW,
    library,
    make_figure,
    set_legend,
    set_time_axis,
)

MARKETS_MAX = 60
ALL_MARKETS = "all markets"
Row = dict[str, Any]


class StateStyle(NamedTuple):
    """How a state is drawn; hatching separates what colours alone might not."""

    color: str
    hatch: str | None = None


STYLES = {
    "proven": StateStyle(GREEN),
    "covered": StateStyle(SKY),
    "repaired": StateStyle(YELLOW, "...."),
    "idle": StateStyle(PALE),
    "halted": StateStyle(PALE, "\\\\"),
    "gap": StateStyle(ORANGE, "////"),
    "not judged": StateStyle(GREY),
    "missing": StateStyle(BLACK, "xxxx"),
}
OTHER = StateStyle("white", "----")


def draw_coverage(rows: Sequence[Row], start: datetime, end: datetime, title: str, subtitle: str) -> Any:
    """Return the picture of rows of `Archive.coverage` of one stream.

    Raises:
        ValueError: there are no rows, or more markets than can be read in one picture.
    """
    markets = sorted({row["market_ticker"] for row in rows})
    if not markets:
        raise ValueError("nothing was expected in that time: choose another range, stream or market")
    if len(markets) > MARKETS_MAX:
        raise ValueError(f"{len(markets):,} markets are too many for one picture: choose {MARKETS_MAX} by --market")
    figure, (panel,) = make_figure(title, subtitle, (10, 1.6 + 0.28 * len(markets)), (1,))
    dates = library("dates")
    for state in _states(rows):
        style = STYLES.get(state, OTHER)
        label: str | None = state
        for place, market in enumerate(markets):
            runs = [row for row in rows if (row["market_ticker"], row["state"]) == (market, state)]
            spans = [
                (float(dates.date2num(row["from_at"])), (row["to_at"] - row["from_at"]).total_seconds() / 86_400)
                for row in runs
            ]
            if spans:
                panel.broken_barh(
                    spans,
                    (place - 0.4, 0.8),
                    facecolor=style.color,
                    hatch=style.hatch,
                    edgecolor="white",
                    linewidth=0,
                    label=label,
                )
                label = None
    panel.set_yticks(range(len(markets)), [market or ALL_MARKETS for market in markets])
    panel.set_ylim(len(markets) - 0.4, -0.6)
    panel.set_xlim(start, end)
    panel.grid(visible=False)
    set_time_axis(panel)
    set_legend(figure, panel)
    return figure


def _states(rows: Sequence[Row]) -> list[str]:
    found = {row["state"] for row in rows}
    return [*(state for state in STYLES if state in found), *sorted(found - set(STYLES))]
