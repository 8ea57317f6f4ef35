"""What all pictures share: their size, colours, titles and files."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from kalshi_data.errors import ArchiveError

INSTALL = "pictures need matplotlib: pip install 'kalshi-data[plot]'"
SUFFIXES = (".svg", ".png")
DOTS_PER_INCH = 160
# Okabe and Ito's colours, which all eyes distinguish.
BLUE, ORANGE, GREEN, SKY, YELLOW, BLACK = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#F0E442", "#222222"
PALE, GREY = "#E6E6E6", "#999999"
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    # Names in an SVG are derived from it, instead of from chance.
    "svg.hashsalt": "kalshi-data",
}


def library(name: str) -> Any:
    """Return a module of matplotlib.

    Raises:
        ArchiveError: it is not installed.
    """
    try:
        return import_module(f"matplotlib.{name}")
    except ImportError as error:
        raise ArchiveError(INSTALL) from error


def make_figure(
    title: str, subtitle: str, size: tuple[float, float], heights: Sequence[float]
) -> tuple[Any, list[Any]]:
    """Return a figure with panels of relative heights that share their time, and its panels from the top."""
    drawn = library("figure")
    with import_module("matplotlib").rc_context(STYLE):
        figure: Any = drawn.Figure(figsize=size, layout="constrained")
        found: Any = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=list(heights))
    panels: list[Any] = [row[0] for row in found]
    panels[0].set_title(f"{title}\n", loc="left", fontsize=12, fontweight="bold")
    panels[0].text(0, 1.015, subtitle, transform=panels[0].transAxes, fontsize=9, color="#555555", va="bottom")
    for panel in panels:
        panel.grid(axis="y", color=PALE, linewidth=0.8)
        panel.set_axisbelow(True)
    return figure, panels


def set_legend(figure: Any, panel: Any) -> None:
    """Explain what a panel shows, in a line below all panels."""
    marks, words = panel.get_legend_handles_labels()
    figure.legend(marks, words, loc="outside lower center", ncols=len(words), frameon=False, fontsize=8)


def set_time_axis(panel: Any) -> None:
    """Label the lowest panel's times, which are UTC."""
    dates = library("dates")
    locator = dates.AutoDateLocator()
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    panel.set_xlabel("time (UTC)")


def save(figure: Any, path: Path) -> None:
    """Write a picture; the same data makes the same file.

    Raises:
        ValueError: the name ends neither in .svg nor in .png.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: name a file that ends in {' or '.join(SUFFIXES)}")
    metadata = {"Date": None} if path.suffix == ".svg" else {}
    with import_module("matplotlib").rc_context(STYLE):
        figure.savefig(path, dpi=DOTS_PER_INCH, metadata=metadata)
