"""The lists of objects that the exchange offers, and the few fields of an object that the gatherer reads.

Source: Kalshi OpenAPI 3.34.0, `GET /series`, `/events`, `/events/multivariate`, `/markets` and `/historical/markets`.
"""

from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec
import structlog

log = structlog.get_logger()

FAR_AWAY_S = 4_102_444_800.0
# A market in any other status may trade now or later. Source: Kalshi OpenAPI, Market.status.
STATUSES_OVER = frozenset({"determined", "disputed", "amended", "finalized"})


class Listing(NamedTuple):
    """A list of the exchange, the table that keeps its objects, and its largest page; 0 if the list has no pages."""

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


class SeriesFields(msgspec.Struct, gc=False):
    """The fields of a series by which the settings choose markets."""

    ticker: str
    category: str | None = None
    categories: list[str] | None = None

    def all_categories(self) -> set[str]:
        """Return every category of the series."""
        return {*(self.categories or ()), *([self.category] if self.category else ())}


class EventFields(msgspec.Struct, gc=False):
    """The fields of an event that name its series."""

    event_ticker: str
    series_ticker: str = ""


class MarketFields(msgspec.Struct, gc=False):
    """The fields of a market that determine when it trades."""

    ticker: str
    event_ticker: str = ""
    status: str = ""
    open_time: str | None = None
    close_time: str | None = None
    updated_time: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the result is known, after which the market never trades again."""
        return self.status in STATUSES_OVER


Fields = TypeVar("Fields", SeriesFields, EventFields, MarketFields)


def timestamp_s(text: str | None, otherwise: float) -> float:
    """Return a time of REST in s since 1970, or `otherwise` if it is missing or not a time."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else otherwise
    except (ValueError, OverflowError):
        return otherwise


def decode_fields(page: bytes, kind: type[Fields]) -> list[Fields]:
    """Return the fields of every object of a page; log an object that lacks them and leave it out."""
    try:
        return msgspec.json.decode(page, type=list[kind])
    except msgspec.ValidationError:
        return [fields for each in split_page(page) if (fields := _fields_of(each, kind)) is not None]


def split_page(page: bytes) -> list[bytes]:
    """Return the objects of a page, each still encoded; none if the page is not a list."""
    try:
        return [bytes(each) for each in msgspec.json.decode(page, type=list[msgspec.Raw])]
    except msgspec.ValidationError:
        log.error("page of the exchange is not a list", page=page[:200].decode(errors="replace"))
        return []


def join_page(objects: list[bytes]) -> bytes:
    """Return objects as one page."""
    return b"[" + b",".join(objects) + b"]"


def _fields_of(encoded: bytes, kind: type[Fields]) -> Fields | None:
    try:
        return msgspec.json.decode(encoded, type=kind)
    except msgspec.ValidationError as error:
        log.error("object of the exchange cannot be decoded", kind=kind.__name__, reason=str(error))
        return None
