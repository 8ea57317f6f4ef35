"""What a connection is for, which outlives the connection itself, and which books lie where."""

import asyncio
from collections.abc import Iterable

import structlog

from kalshi_data.gatherer.counters import Figures
from kalshi_data.gatherer.settings import Subscriptions
from kalshi_data.kalshi.feed import BOOK_CHANNEL, CHANNELS_OF_ALL_MARKETS, INDEX_CHANNEL

log = structlog.get_logger()


class Link:
    """One connection that is to be kept: its channels, and for order books the markets on it."""

    def __init__(self, name: str, channels: tuple[str, ...], markets_max: int = 0) -> None:
        """Begin without markets."""
        self.name = name
        self.channels = channels
        self.tickers: dict[str, None] = {}
        self.markets_max = markets_max
        self.changed = asyncio.Event()

    @property
    def has_books(self) -> bool:
        """Whether it is for order books."""
        return BOOK_CHANNEL in self.channels


class Placement:
    """Puts order books on the connection with the fewest, up to the limits; `links` grows as they are needed."""

    def __init__(self, settings: Subscriptions, figures: Figures) -> None:
        """Begin with the connections for channels of all markets, each channel on two of them."""
        self._settings = settings
        self._figures = figures
        self._places: dict[str, Link] = {}
        self._refused: set[str] = set()
        self._homeless = 0
        channels = (*CHANNELS_OF_ALL_MARKETS, *((INDEX_CHANNEL,) if settings.index_values else ()))
        numbers = range(1, settings.connections_per_channel + 1)
        self.links = [Link(f"all-markets-{number}", channels) for number in numbers]
        self.grown = asyncio.Event()

    def place(self, wanted: Iterable[str]) -> None:
        """Bring the books in line with what is wanted now."""
        wanted = {ticker: None for ticker in wanted if ticker not in self._refused}
        touched = {self._remove(ticker) for ticker in [each for each in self._places if each not in wanted]}
        missing = [ticker for ticker in wanted if ticker not in self._places]
        touched |= self._add(missing)
        self._figures.markets_wanted = len(wanted)
        for link in touched:
            link.changed.set()

    def refuse(self, ticker: str) -> None:
        """Leave a market out that the exchange does not accept, until the next start."""
        self._refused.add(ticker)
        if ticker in self._places:
            self._remove(ticker)

    def limit(self, link: Link, markets_max: int) -> None:
        """Move what is too much for a connection to others."""
        link.markets_max = max(1, markets_max)
        for ticker in list(link.tickers)[link.markets_max :]:
            self._remove(ticker)
            for other in self._add([ticker]):
                other.changed.set()

    def _remove(self, ticker: str) -> Link:
        link = self._places.pop(ticker)
        del link.tickers[ticker]
        return link

    def _add(self, tickers: list[str]) -> set[Link]:
        """Put tickers where there is room; tell how many find none."""
        touched: set[Link] = set()
        homeless = 0
        self._make_room(len(tickers))
        for ticker in tickers:
            books = [link for link in self.links if link.has_books and len(link.tickers) < link.markets_max]
            if not books:
                homeless += 1
                continue
            link = min(books, key=lambda link: len(link.tickers))
            link.tickers[ticker] = None
            self._places[ticker] = link
            touched.add(link)
        if homeless and homeless != self._homeless:
            log.error("no connection has room for markets: raise connections_max", markets=homeless)
        self._homeless = self._figures.markets_homeless = homeless
        return touched

    def _make_room(self, markets: int) -> None:
        """Add connections until all markets fit, or there may be no more."""
        books = [link for link in self.links if link.has_books]
        room = sum(max(0, link.markets_max - len(link.tickers)) for link in books)
        limit = self._settings.markets_per_connection_max
        while room < markets and len(self.links) < self._settings.connections_max:
            books.append(Link(f"books-{len(books) + 1}", (BOOK_CHANNEL,), limit))
            self.links.append(books[-1])
            room += limit
            self.grown.set()
