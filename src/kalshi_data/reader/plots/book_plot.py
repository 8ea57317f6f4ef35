"""An order book as a picture: each level, and the depth up to it."""

from itertools import accumulate, pairwise
from typing import Any

from kalshi_data.reader.book import Book
from kalshi_data.reader.command.shown import amount
from kalshi_data.reader.plots.figure import BLUE, ORANGE, make_figure, set_legend

TICK_DOLLARS = 0.01
ROOM = 1.08


def draw_book(book: Book, title: str, depth: int | None = None) -> Any:
    """Return the picture of a book: bids at the left, asks at the right, in dollars of YES.

    Raises:
        ValueError: the book has no orders.
    """
    bids, asks = book.bids(depth), book.asks(depth)
    if not bids and not asks:
        raise ValueError(f"the book of {book.market} has no orders then: choose another moment")
    figure, (ladder, depths) = make_figure(title, _subtitle(book), (10, 5.6), (1, 2))
    width = _narrowest([float(each.price) for each in (*bids, *asks)])
    for name, levels, color in (("bids", bids, BLUE), ("asks", asks, ORANGE)):
        prices = [float(each.price) for each in levels]
        sizes = [float(each.size) for each in levels]
        ladder.bar(prices, sizes, width * 0.8, color=color, label=name)
        totals = list(accumulate(sizes))
        if levels:
            # A depth holds from its level to the next worse one, and that of the last one beyond it.
            beyond = prices[-1] + (width if name == "asks" else -width)
            places, heights = [prices[0], *prices, beyond], [0, *totals, totals[-1]]
            depths.step(places, heights, where="post", color=color, linewidth=1.5, label=name)
            depths.fill_between(places, heights, step="post", color=color, alpha=0.25, linewidth=0)
    ladder.set_ylabel("size of level\n(contracts)")
    depths.set_ylabel("contracts at this price or better")
    depths.set_xlabel("price of YES (US dollars)")
    depths.ticklabel_format(axis="x", useOffset=False)
    set_legend(figure, ladder)
    for panel in (ladder, depths):
        panel.set_ylim(0, panel.dataLim.y1 * ROOM)
    return figure


def _subtitle(book: Book) -> str:
    best = [next(iter(side), None) for side in (book.bids(1), book.asks(1))]
    shown = [f"{amount(each.size)} at {amount(each.price)}" if each else "none" for each in best]
    return f"{book.market}  ·  {book.at:%Y-%m-%d %H:%M:%S} UTC  ·  bid {shown[0]}  ·  ask {shown[1]}"


def _narrowest(prices: list[float]) -> float:
    """Return the smallest distance of two levels, at most a cent."""
    ordered = sorted(set(prices))
    return min([second - first for first, second in pairwise(ordered)] + [TICK_DOLLARS])
