"""Writes books and trades as the CSV files of Tardis, which hftbacktest and other engines read."""

import csv
import gzip
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.engines.market_events import BookEvent, EngineTrade, TradeCount
from kalshi_data.reader.times import instant

BOOK_COLUMNS = ("exchange", "symbol", "timestamp", "local_timestamp", "is_snapshot", "side", "price", "amount")
TRADE_COLUMNS = ("exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount")
BOOK_KIND, TRADE_KIND = "incremental_book_L2", "trades"
TAKERS = {"yes": "buy", "no": "sell", None: "unknown"}


class TardisFiles(NamedTuple):
    """The two files of a market, and what is in them.

    Attributes:
        market: The ticker.
        trades: The file of its trades.
        book: The file of its book: one snapshot, then changes.
        known_from: When the book begins to be known (UTC), None if it never is.
        book_rows: Rows of the book.
        trade_rows: Trades.
        block_trades: Trades that were agreed on outside of the book and left out.
    """

    market: str
    trades: Path
    book: Path
    known_from: datetime | None
    book_rows: int
    trade_rows: int
    block_trades: int

    @property
    def files(self) -> list[str]:
        """Both paths in the order in which hftbacktest must read them: trades before the changes that they cause."""
        return [str(self.trades), str(self.book)]


class TardisWriter:
    """Writes the files of one market after another into a folder."""

    def __init__(self, folder: Path, exchange: str, window: tuple[int, int]) -> None:
        """Take the name that stands in each row, and the window, which is part of each file's name."""
        self._folder, self._exchange = folder, exchange
        self._window = "_".join(f"{instant(each):%Y%m%dT%H%M%S.%fZ}".replace(".000000", "") for each in window)

    def write(self, market: str, events: Iterable[BookEvent], trades: TradeCount) -> TardisFiles:
        """Write both files of a market; if one cannot be written, neither is.

        Raises:
            ArchiveError: a file cannot be written, or what is written cannot be read.
        """
        prefix = (self._exchange, market)
        trade_path, book_path = (self._folder / self._name(kind, market) for kind in (TRADE_KIND, BOOK_KIND))
        # hftbacktest takes a file for what its path says, that of its folders too.
        if TRADE_KIND in str(book_path.absolute()):
            raise ArchiveError(f"{book_path}: hftbacktest takes it for trades: choose a folder without that word")
        listed = TradeRows(trades)
        with replaced(trade_path) as partial_trades, replaced(book_path) as partial_book:
            trade_rows = write_rows(partial_trades, TRADE_COLUMNS, ((*prefix, *row) for row in listed.rows()))
            book = BookRows(events, listed.last)
            book_rows = write_rows(partial_book, BOOK_COLUMNS, ((*prefix, *row) for row in book.rows()))
        return TardisFiles(market, trade_path, book_path, book.known_from, book_rows, trade_rows, trades.left_out)

    def _name(self, kind: str, market: str) -> str:
        # A ticker is a text of the exchange: it must not name another folder.
        return f"{quote(self._exchange, safe='')}_{kind}_{self._window}_{quote(market, safe='')}.csv.gz"


class TradeRows:
    """Makes the rows of trades."""

    def __init__(self, trades: Iterable[EngineTrade]) -> None:
        """Take the trades of one market."""
        self._trades = trades
        self.last: EngineTrade | None = None

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield a row for each trade."""
        for each in self._trades:
            self.last = each
            side = TAKERS.get(each.taker_side, "unknown")
            yield each.at_us, each.local_us, each.trade_id, side, exact(each.price), exact(each.size)


class BookRows:
    """Makes the rows of a book of its events."""

    def __init__(self, events: Iterable[BookEvent], last_trade: EngineTrade | None) -> None:
        """Take the events of one market, and its last trade."""
        self._events = events
        self._last_trade = last_trade
        self.known_from: datetime | None = None

    def rows(self) -> Iterator[Sequence[Any]]:
        """Yield one snapshot at the beginning, and then only changes.

        hftbacktest's conversion loses levels of a second snapshot, and a snapshot that no change follows. A book that
        is known again after a gap is empty before it, so that changes make it whole.
        """
        last: BookEvent | None = None
        for event in self._events:
            is_first = self.known_from is None
            self.known_from = self.known_from or instant(event.at_us)
            for level in event.levels:
                yield _book_row(event, level, is_snapshot=is_first)
            if is_first and event.levels:
                yield _book_row(event, event.levels[-1], is_snapshot=False)
            last = event if event.levels else last
        if last:
            yield from self._after_last_trade(last)

    def _after_last_trade(self, last: BookEvent) -> Iterator[Sequence[Any]]:
        """Yield the last level again if the last trade happened at the same time and was received later.

        hftbacktest 2.4.4 sorts events by both times. If one event is the last to happen and another one the last to be
        received, it reads behind the end of its memory, and the process may end (`correct_event_order`).
        """
        trade = self._last_trade
        if trade and trade.at_us == last.at_us and trade.local_us > last.local_us:
            received = last._replace(local_us=trade.local_us)
            yield _book_row(received, last.levels[-1], is_snapshot=False)


def _book_row(event: BookEvent, level: Any, *, is_snapshot: bool) -> Sequence[Any]:
    side = "bid" if level.is_bid else "ask"
    shown = "true" if is_snapshot else "false"
    return event.at_us, event.local_us, shown, side, exact(level.price), exact(level.size)


def exact(value: int) -> str:
    """Return millionths as a decimal without zeros at its end.

    Example:
        >>> exact(430_000), exact(100_000_000)
        ('0.43', '100')
    """
    return f"{value // 1_000_000}.{value % 1_000_000:06d}".rstrip("0").rstrip(".")


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a compressed CSV file with a heading, and return the number of rows.

    Raises:
        OSError: it cannot be written.
    """
    count = 0
    with (
        gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


@contextmanager
def replaced(path: Path) -> Generator[Path]:
    """Give the name of a file that takes the place of another one once it is complete.

    Raises:
        ArchiveError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written: free some space or name another folder: {error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
