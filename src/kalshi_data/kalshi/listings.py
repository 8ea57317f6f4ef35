"""The lists of objects that the exchange offers, and the few fields of an object that the gatherer itself looks at."""

from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec
import structlog

log = structlog.get_logger()

FAR_AWAY_S = 4_102_444_800.0
# What is not closed for good: such a market may trade now or later.
STATUSES_OVER = frozenset({"determined", "disputed", "amended", "finalized"})


class Listing(NamedTuple):
    """A list the exchange offers, the table it is kept in, and its largest page; 0 where it is not paginated."""

    path: str
    key: str
    table: str
    page_rows_max: int


SERIES = Listing("/series", "series", "series", 0)
EVENTS = Listing("/events", "events", "events", 200)
MULTIVARIATE_EVENTS = Listing("/events/multivariate", "events", "events", 200)
MARKETS = Listing("/markets", "markets", "markets", 1000)
HISTORICAL_MARKETS = Listing("/historical/markets", "markets", "markets", 1000)
TABLES = ("series", "events", "markets")


class SeriesFacts(msgspec.Struct, gc=False):
    """Of a series: what markets are chosen by."""

    ticker: str
    category: str | None = None
    categories: list[str] | None = None

    def all_categories(self) -> set[str]:
        """Return every category it is in."""
        return {*(self.categories or ()), *([self.category] if self.category else ())}


class EventFacts(msgspec.Struct, gc=False):
    """Of an event: the series it belongs to."""

    event_ticker: str
    series_ticker: str = ""


class MarketFacts(msgspec.Struct, gc=False):
    """Of a market: when it trades."""

    ticker: str
    event_ticker: str = ""
    status: str = ""
    open_time: str | None = None
    close_time: str | None = None
    updated_time: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether its result is known, after which it never trades again."""
        return self.status in STATUSES_OVER


Facts = TypeVar("Facts", SeriesFacts, EventFacts, MarketFacts)


def moment_s(text: str | None, otherwise: float) -> float:
    """Return a time of REST in s since 1970, or `otherwise` where it is missing or none."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else otherwise
    except (ValueError, OverflowError):
        return otherwise


def decode_facts(page: bytes, kind: type[Facts]) -> list[Facts]:
    """Return the facts of every object of a page; an object without them is logged and left out."""
    try:
        return msgspec.json.decode(page, type=list[kind])
    except msgspec.ValidationError:
        return [facts for each in split_page(page) if (facts := _facts_of(each, kind)) is not None]


def split_page(page: bytes) -> list[bytes]:
    """Return the objects of a page, each still encoded; none where the page is no list."""
    try:
        return [bytes(each) for each in msgspec.json.decode(page, type=list[msgspec.Raw])]
    except msgspec.ValidationError:
        log.error("a page of the exchange holds no list", page=page[:200].decode(errors="replace"))
        return []


def join_page(objects: list[bytes]) -> bytes:
    """Return objects as one page."""
    return b"[" + b",".join(objects) + b"]"


def _facts_of(encoded: bytes, kind: type[Facts]) -> Facts | None:
    try:
        return msgspec.json.decode(encoded, type=kind)
    except msgspec.ValidationError as error:
        log.error("object of the exchange not understood", kind=kind.__name__, reason=str(error))
        return None
