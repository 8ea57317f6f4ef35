"""Candles of a market as a picture: trades, the band between bid and ask, and volume."""

from collections.abc import Sequence
from datetime import datetime
from math import nan
from typing import Any

from kalshi_data.reader.plots.figure import (
    BLUE,
    GREY,
    ORANGE,
    PALE,
    SKY,
    library,
    make_figure,
    set_legend,
    set_time_axis,
)

WIDTH_OF_BODY = 0.7
# A price that did not move is drawn this high, in dollars.
BODY_DOLLARS_MIN = 0.0004
Row = dict[str, Any]


def draw_candles(rows: Sequence[Row], title: str, subtitle: str) -> Any:
    """Return the picture of rows of `Archive.candles`.

    Raises:
        ValueError: there are no rows.
    """
    if not rows:
        raise ValueError("there is no candle to draw: choose a longer range")
    figure, (prices, volumes) = make_figure(title, subtitle, (10, 5.6), (3, 1))
    dates = library("dates")
    begins = [float(dates.date2num(row["at"])) for row in rows]
    width = begins[1] - begins[0] if len(begins) > 1 else 1 / 1440
    ends = [*begins, begins[-1] + width]
    _draw_band(prices, ends, rows)
    _draw_bodies(prices, begins, width, rows)
    prices.set_ylabel("price of YES (US dollars)")
    prices.ticklabel_format(axis="y", useOffset=False)
    # Otherwise the axis begins at the lowest body, and hides the line of a bid there.
    prices.use_sticky_edges = False
    middles = [each + width / 2 for each in begins]
    volumes.bar(middles, [float(row["volume"]) for row in rows], width * WIDTH_OF_BODY, color=GREY)
    volumes.set_ylabel("volume\n(contracts)")
    volumes.set_ylim(bottom=0)
    prices.set_xlim(ends[0], ends[-1])
    set_time_axis(volumes)
    set_legend(figure, prices)
    return figure


def _draw_band(panel: Any, ends: Sequence[float], rows: Sequence[Row]) -> None:
    """Draw bid and ask as they were at each candle's end, and where the book is not known."""
    sides = {side: [_price(row, f"{side}_close") for row in rows] for side in ("bid", "ask")}
    bids, asks = ([*each, each[-1]] for each in sides.values())
    panel.fill_between(ends, bids, asks, step="post", color=SKY, alpha=0.35, linewidth=0, label="bid to ask")
    for side in (bids, asks):
        panel.step(ends, side, where="post", color=SKY, linewidth=1)
    label: str | None = "book not known"
    for begin, end, row in zip(ends, ends[1:], rows, strict=False):
        if not row["is_known"]:
            panel.axvspan(
                begin, end, facecolor=PALE, hatch="////", edgecolor="white", linewidth=0, label=label, zorder=0
            )
            label = None


def _draw_bodies(panel: Any, begins: Sequence[float], width: float, rows: Sequence[Row]) -> None:
    """Draw the candles of trades: the wick from the lowest to the highest, the body from the first to the last."""
    for color, label, is_up in ((BLUE, "trades, up", True), (ORANGE, "trades, down", False)):
        chosen = [
            (begin, row)
            for begin, row in zip(begins, rows, strict=True)
            if row["open"] is not None and (row["close"] >= row["open"]) == is_up
        ]
        if not chosen:
            continue
        middles = [begin + width / 2 for begin, _ in chosen]
        lows, highs = ([float(row[name]) for _, row in chosen] for name in ("low", "high"))
        panel.vlines(middles, lows, highs, color=color, linewidth=1)
        bottoms = [float(min(row["open"], row["close"])) for _, row in chosen]
        heights = [max(float(abs(row["close"] - row["open"])), BODY_DOLLARS_MIN) for _, row in chosen]
        panel.bar(middles, heights, width * WIDTH_OF_BODY, bottoms, color=color, label=label)


def _price(row: Row, name: str) -> float:
    return nan if row[name] is None or not row["is_known"] else float(row[name])


def span_text(start: datetime, end: datetime) -> str:
    """Return a range as a person reads it, with seconds if there are any.

    Example:
        >>> span_text(datetime(2026, 11, 2, 15), datetime(2026, 11, 2, 16, 30))
        '2026-11-02 15:00 to 2026-11-02 16:30 UTC'
        >>> span_text(datetime(2026, 11, 2, 15), datetime(2026, 11, 2, 15, 0, 25))
        '2026-11-02 15:00:00 to 2026-11-02 15:00:25 UTC'
    """
    exactness = "%Y-%m-%d %H:%M:%S" if start.second or end.second else "%Y-%m-%d %H:%M"
    return f"{start:{exactness}} to {end:{exactness}} UTC"
