"""Filters, page sizes and cursors of REST lists.

Source: the exchange's OpenAPI description 3.34.0. A cursor is opaque to clients and does not include the filters.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from kalshi_data.simulator.venue.listings import ListedMarket

Query = Mapping[str, str]
Row = TypeVar("Row")

STATUSES = {
    "unopened": {"initialized"},
    "open": {"active"},
    "paused": {"inactive"},
    "closed": {"closed", "determined", "disputed", "amended"},
    "settled": {"finalized"},
}
# The times that markets can be filtered by, with the statuses that each may be combined with.
TIME_FILTERS = {"created": {"unopened", "open"}, "close": {"closed"}, "settled": {"settled"}, "updated": set[str]()}


class BadRequest(ValueError):
    """A query that the exchange answers with 400."""


class NotFound(LookupError):
    """A path that the exchange answers with 404."""


def page(rows: Sequence[Row], query: Query, default: int, largest: int, smallest: int = 1) -> tuple[list[Row], str]:
    """Return one page of rows and the cursor of the next page, empty on the last page.

    Raises:
        BadRequest: if the limit or the cursor is invalid.
    """
    limit = integer(query, "limit", default)
    if not smallest <= limit <= largest:
        raise BadRequest(f"limit must be {smallest} to {largest}")
    start = _position(query.get("cursor", ""))
    following = start + (limit or default)
    return list(rows[start:following]), _cursor(following) if following < len(rows) else ""


def integer(query: Query, name: str, default: int) -> int:
    """Return a parameter that is a whole number.

    Raises:
        BadRequest: if it is not a whole number.
    """
    text = query.get(name) or str(default)
    if not text.lstrip("-").isdecimal():
        raise BadRequest(f"{name} must be a whole number")
    return int(text)


def boolean(query: Query, name: str) -> bool | None:
    """Return a parameter that is true or false, or None if it is missing.

    Raises:
        BadRequest: if it is neither true nor false.
    """
    text = query.get(name, "")
    if text.lower() not in ("", "true", "false"):
        raise BadRequest(f"{name} must be true or false")
    return text.lower() == "true" if text else None


def tickers_of(query: Query, name: str = "tickers") -> set[str]:
    """Return a parameter that is a list separated by commas."""
    return {each for each in query.get(name, "").split(",") if each}


def status_of(query: Query) -> set[str] | None:
    """Return the market statuses of the status filter, or None for any.

    Raises:
        BadRequest: if there is no such filter.
    """
    wanted = query.get("status", "")
    if wanted and wanted not in STATUSES:
        raise BadRequest(f"status must be one of {', '.join(STATUSES)}")
    return STATUSES.get(wanted)


def select_markets(markets: Iterable[ListedMarket], query: Query) -> list[ListedMarket]:
    """Return the markets that a query of /markets asks for.

    Raises:
        BadRequest: if a filter is invalid, or filters exclude each other.
    """
    tests = [*_time_tests(query), _combo_test(query)]
    statuses, tickers = status_of(query), tickers_of(query)
    if statuses is not None:
        tests.append(lambda market: market.status in statuses)
    if tickers:
        tests.append(lambda market: market.ticker in tickers)
    if event := query.get("event_ticker"):
        tests.append(lambda market: market.event_ticker == event)
    if series := query.get("series_ticker"):
        tests.append(lambda market: market.series_ticker == series)
    return [market for market in markets if all(test(market) for test in tests)]


def _combo_test(query: Query) -> Callable[[ListedMarket], bool]:
    wanted = query.get("mve_filter", "")
    if wanted not in ("", "only", "exclude"):
        raise BadRequest("mve_filter must be only or exclude")
    return lambda market: not wanted or market.is_combo == (wanted == "only")


def _time_tests(query: Query) -> list[Callable[[ListedMarket], bool]]:
    """Return the test of the one time filter that a query may use, or no test."""
    used = [name for name in TIME_FILTERS if query.get(f"min_{name}_ts") or query.get(f"max_{name}_ts")]
    if len(used) > 1:
        raise BadRequest(f"the filters by {' and '.join(used)} time exclude each other")
    if not used:
        return []
    name = used[0]
    _check_time_filter(name, query)
    after = integer(query, f"min_{name}_ts", 0)
    until = integer(query, f"max_{name}_ts", 1 << 62)

    def within(market: ListedMarket) -> bool:
        times = {"created": market.created_s, "close": market.close_s, "settled": market.settled_s}
        time_s = times.get(name, market.updated_s)
        # For updates the bound is excluded: a client repeats the newest time that it has.
        return time_s is not None and (after < time_s if name == "updated" else after <= time_s) and time_s <= until

    return [within]


def _check_time_filter(name: str, query: Query) -> None:
    status = query.get("status")
    if status and status not in TIME_FILTERS[name]:
        raise BadRequest(f"min_{name}_ts and max_{name}_ts cannot be combined with status {status}")
    others = {"event_ticker", "tickers"} & {key for key, value in query.items() if value}
    if name == "updated" and (query.get("mve_filter") != "exclude" or others):
        raise BadRequest("min_updated_ts goes with mve_filter=exclude and series_ticker only")


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"row:{position}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    """Return the row at which a page starts.

    Raises:
        BadRequest: if this exchange did not issue the cursor.
    """
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise BadRequest("invalid cursor") from error
    word, _, number = text.partition(":")
    if word != "row" or not number.isdecimal():
        raise BadRequest("invalid cursor")
    return int(number)
