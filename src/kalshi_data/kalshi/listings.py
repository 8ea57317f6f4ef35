"""The lists of objects that the exchange offers, and the few fields of an object that the gatherer reads.

Source: Kalshi OpenAPI 3.34.0, `GET /series`, `/events`, `/events/multivariate`, `/markets` and `/historical/markets`.
"""

from typing import NamedTuple, TypeVar

import msgspec

from kalshi_data.kalshi.bodies import UNREADABLE, Page, join_page, split_page
from kalshi_data.kalshi.messages import Identifier, Ticker

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
# The lists that together hold every object that is not historical.
WHOLE = (SERIES, EVENTS, MULTIVARIATE_EVENTS, MARKETS)


OptionalIdentifier = Identifier | None


class SeriesFields(msgspec.Struct, gc=False):
    """The fields of a series by which the settings choose markets."""

    ticker: Ticker
    category: str | None = None
    categories: list[str] | None = None

    def all_categories(self) -> set[str]:
        """Return every category of the series."""
        return {*(self.categories or ()), *([self.category] if self.category else ())}


class EventFields(msgspec.Struct, gc=False):
    """The fields of an event that name its series."""

    event_ticker: Ticker
    series_ticker: OptionalIdentifier = None


class MarketFields(msgspec.Struct, gc=False):
    """The fields of a market that determine when it trades."""

    ticker: Ticker
    event_ticker: OptionalIdentifier = None
    status: str | None = None
    open_time: str | None = None
    close_time: str | None = None
    updated_time: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the result is known, after which the market never trades again."""
        return self.status in STATUSES_OVER


Fields = TypeVar("Fields", bound=msgspec.Struct)


def decode_page(page: Page, kind: type[Fields]) -> tuple[list[Fields], bytes, list[str]]:
    """Return the fields of every good object, these objects as one page, and why each other one was refused."""
    refused = ["not a JSON object"] * page.refused
    try:
        return msgspec.json.decode(page.encoded, type=list[kind]), page.encoded, refused
    except UNREADABLE:
        good: list[bytes] = []
        fields: list[Fields] = []
        for each in split_page(page.encoded):
            try:
                fields.append(decode_object(each, kind))
                good.append(each)
            except UNREADABLE as error:
                refused.append(str(error))
        return fields, join_page(good), refused


def decode_object(encoded: bytes, kind: type[Fields]) -> Fields:
    """Return the fields of one object; an optional field of another type than documented reads as absent.

    Raises:
        msgspec.DecodeError: the object has no usable name, or names another one by a text that is no name.
        RecursionError: it is nested too deep.
    """
    try:
        return msgspec.json.decode(encoded, type=kind)
    except msgspec.ValidationError:
        members = msgspec.json.decode(encoded, type=dict[str, msgspec.Raw])
    known: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        value = members.get(field.encode_name)
        if value is not None:
            try:
                known[field.name] = msgspec.json.decode(value, type=field.type)
            except UNREADABLE as error:
                if field.required or (field.type == OptionalIdentifier and bytes(value).startswith(b'"')):
                    raise msgspec.ValidationError(f"{field.encode_name}: {error}") from error
        elif field.required:
            raise msgspec.ValidationError(f"no {field.encode_name}")
    return kind(**known)
