"""The command `reader plot`: pictures of candles, a book, or what is proven."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.archive import Archive
from kalshi_data.reader.book import Absent
from kalshi_data.reader.command.archive_options import (
    Subparsers,
    add_archive_options,
    add_command,
    add_range_options,
    not_recorded,
    opened,
)
from kalshi_data.reader.coverage import JUDGED
from kalshi_data.reader.plots.book_plot import draw_book
from kalshi_data.reader.plots.candle_plot import draw_candles, span_text
from kalshi_data.reader.plots.coverage_plot import draw_coverage
from kalshi_data.reader.plots.figure import save
from kalshi_data.reader.times import Moment, instant, span

Chosen: TypeAlias = argparse.Namespace
TITLE_LETTERS_MAX = 90


def plot_book(chosen: Chosen) -> int:
    """Draw the book of a market at a moment: the size of each level, and the depth."""
    archive = opened(chosen)
    found = archive.book(chosen.market, chosen.at)
    if isinstance(found, Absent):
        raise ArchiveError(f"{found.market}: the book is not known: {found.reason}")
    return saved(chosen, draw_book(found, title_of(archive, chosen.market, chosen.at), chosen.depth))


def plot_candles(chosen: Chosen) -> int:
    """Draw the candles of a market, with the band between bid and ask, and volume."""
    archive, (begin, until) = opened(chosen), span(chosen.start, chosen.end)
    rows = archive.candles(chosen.market, chosen.start, chosen.end, chosen.every).to_pylist()
    known = any(each["is_known"] for each in rows)
    if not known and not archive.is_recorded(chosen.market, chosen.start, chosen.end):
        raise ArchiveError(not_recorded(chosen.market))
    title = title_of(archive, chosen.market, chosen.end)
    about = [span_text(instant(begin), instant(until)), f"candles of {chosen.every}"]
    subtitle = "  ·  ".join(about if title == chosen.market else [chosen.market, *about])
    return saved(chosen, draw_candles(rows, title, subtitle))


def plot_coverage(chosen: Chosen) -> int:
    """Draw which minutes of markets are proven, and which are not."""
    begin, until = (instant(each) for each in span(chosen.start, chosen.end))
    table = opened(chosen).coverage(chosen.start, chosen.end, chosen.market)
    rows = [row for row in table.to_pylist() if row["stream"] == chosen.stream]
    title = f"Coverage of {chosen.stream}"
    subtitle = f"{span_text(begin, until)}  ·  white: not expected"
    return saved(chosen, draw_coverage(rows, begin, until, title, subtitle))


def saved(chosen: Chosen, figure: Any) -> int:
    """Write the picture and print its name."""
    path = Path(chosen.output)
    save(figure, path)
    print(path)  # noqa: T201
    return 0


def title_of(archive: Archive, market: str, at: Moment) -> str:
    """Return the title of a market as it was known then; its ticker if the archive does not know it."""
    try:
        listed = archive.markets(at).to_pylist()
    except ArchiveError:
        return market
    (title,) = [row["title"] for row in listed if row["ticker"] == market] or [None]
    # A dollar would begin a formula.
    return (title or market)[:TITLE_LETTERS_MAX].replace("$", r"\$")


RANGE = "--from 2026-11-02T15:00 --to 2026-11-02T16:00"
EXAMPLES: dict[Callable[[Chosen], int], str] = {
    plot_book: "reader plot book KXHIGHNY-26NOV02-T56 2026-11-02T15:30 --output book.svg",
    plot_candles: f"reader plot candles KXHIGHNY-26NOV02-T56 {RANGE} --output candles.png",
    plot_coverage: f"reader plot coverage {RANGE} --output coverage.svg",
}


def add_plot(commands: Subparsers) -> None:
    """Add the command; each picture is a command below it."""
    text = "Draw a picture as an SVG or PNG file; it needs kalshi-data[plot]."
    pictures = add_command(commands, "plot", text, list(EXAMPLES.values())).add_subparsers(
        required=True, metavar="PICTURE"
    )
    for function, example in EXAMPLES.items():
        name = function.__name__.removeprefix("plot_")
        added = add_command(pictures, name, function.__doc__ or "", [example])
        added.set_defaults(run=function)
        if function is not plot_coverage:
            added.add_argument("market", help="ticker of a market")
        add_own_options(added, function)
        added.add_argument("--output", required=True, help="file that ends in .svg or .png")
        add_archive_options(added)


def add_own_options(parser: argparse.ArgumentParser, function: Callable[[Chosen], int]) -> None:
    """Add the options that one picture has."""
    if function is plot_book:
        parser.add_argument("at", help="the moment")
        parser.add_argument("--depth", type=int, help="levels of each side; all by default")
        return
    add_range_options(parser)
    if function is plot_candles:
        parser.add_argument("--every", default="1m", help="length of a candle: 1s, 5m, 1h, 1d (default: 1m)")
    else:
        parser.add_argument("--market", action="append", help="ticker or pattern; may be given again")
        parser.add_argument(
            "--stream", choices=JUDGED, default=JUDGED[0], help="stream that is judged (default: %(default)s)"
        )
