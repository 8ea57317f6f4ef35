"""Lists of REST: filters that exclude each other, page sizes and cursors.

Source: the exchange's OpenAPI description 3.34.0. A cursor is opaque to clients and does not hold the filters.
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
# The times a market can be filtered by, and the statuses that may be combined with each; none is always allowed.
FAMILIES = {"created": {"unopened", "open"}, "close": {"closed"}, "settled": {"settled"}, "updated": set[str]()}


class BadRequest(ValueError):
    """A query that the exchange answers with 400."""


class NotFound(LookupError):
    """A path that the exchange answers with 404."""


def page(rows: Sequence[Row], query: Query, default: int, largest: int, smallest: int = 1) -> tuple[list[Row], str]:
    """Return one page of rows and the cursor of the next one, empty at the end.

    Raises:
        BadRequest: a limit or cursor that is none.
    """
    limit = integer(query, "limit", default)
    if not smallest <= limit <= largest:
        raise BadRequest(f"limit must be {smallest} to {largest}")
    start = _position(query.get("cursor", ""))
    following = start + (limit or default)
    return list(rows[start:following]), _cursor(following) if following < len(rows) else ""


def integer(query: Query, name: str, default: int) -> int:
    """Return a whole number of a query.

    Raises:
        BadRequest: it is none.
    """
    text = query.get(name) or str(default)
    if not text.lstrip("-").isdecimal():
        raise BadRequest(f"{name} must be a whole number")
    return int(text)


def boolean(query: Query, name: str) -> bool | None:
    """Return a flag of a query, None where it is not given.

    Raises:
        BadRequest: it is neither true nor false.
    """
    text = query.get(name, "")
    if text.lower() not in ("", "true", "false"):
        raise BadRequest(f"{name} must be true or false")
    return text.lower() == "true" if text else None


def tickers_of(query: Query, name: str = "tickers") -> set[str]:
    """Return a list whose members are separated by commas."""
    return {each for each in query.get(name, "").split(",") if each}


def status_of(query: Query) -> set[str] | None:
    """Return the statuses that a filter stands for, None for any.

    Raises:
        BadRequest: a filter that is none, or several.
    """
    wanted = query.get("status", "")
    if wanted and wanted not in STATUSES:
        raise BadRequest(f"status must be one of {', '.join(STATUSES)}")
    return STATUSES.get(wanted)


def select_markets(markets: Iterable[ListedMarket], query: Query) -> list[ListedMarket]:
    """Return the markets that a query of /markets asks for.

    Raises:
        BadRequest: a filter that is none, or filters that exclude each other.
    """
    tests = [*_of_family(query), _of_multivariate(query)]
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


def _of_multivariate(query: Query) -> Callable[[ListedMarket], bool]:
    wanted = query.get("mve_filter", "")
    if wanted not in ("", "only", "exclude"):
        raise BadRequest("mve_filter must be only or exclude")
    return lambda market: not wanted or market.is_combo == (wanted == "only")


def _of_family(query: Query) -> list[Callable[[ListedMarket], bool]]:
    """Return the tests of the one family of times that a query may use."""
    used = [name for name in FAMILIES if query.get(f"min_{name}_ts") or query.get(f"max_{name}_ts")]
    if len(used) > 1:
        raise BadRequest(f"the filters by {' and '.join(used)} time exclude each other")
    if not used:
        return []
    name = used[0]
    _check_family(name, query)
    after = integer(query, f"min_{name}_ts", 0)
    until = integer(query, f"max_{name}_ts", 1 << 62)

    def within(market: ListedMarket) -> bool:
        times = {"created": market.created_s, "close": market.close_s, "settled": market.settled_s}
        moment = times.get(name, market.updated_s)
        # "Later than" for updates, which a client asks for again with the newest it has.
        return moment is not None and (after < moment if name == "updated" else after <= moment) and moment <= until

    return [within]


def _check_family(name: str, query: Query) -> None:
    status = query.get("status")
    if status and status not in FAMILIES[name]:
        raise BadRequest(f"min_{name}_ts and max_{name}_ts cannot be combined with status {status}")
    others = {"event_ticker", "tickers"} & {key for key, value in query.items() if value}
    if name == "updated" and (query.get("mve_filter") != "exclude" or others):
        raise BadRequest("min_updated_ts goes with mve_filter=exclude and series_ticker only")


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"row:{position}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    """Return where a page begins.

    Raises:
        BadRequest: a cursor that this exchange did not give.
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
