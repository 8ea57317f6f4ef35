"""A market's book at a moment as a ladder, and its day as a plot."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.status_page.completeness_strips import DAY, begin_of
from kalshi_data.status_page.drawings import bars, fitted_scale, steps_path
from kalshi_data.status_page.parameters import Parameters
from kalshi_data.status_page.sessions import PageReader, Row
from kalshi_data.status_page.site import PageContext

MARKETS_MAX = 20
LEVELS_MAX = 15
STEP_MINUTES = 5
# What a contract pays at most, in dollars: a bid for NO is an offer of YES at what is left.
PAYMENT = Decimal(1)
WIDTH = 1_440


def found_markets(reader: PageReader, market: str) -> list[Row]:
    """Return the markets whose tickers begin with a text, as written or in capitals."""
    statement = query("production/status_page/find_markets")
    found = reader.rows(statement, {"prefix": market, "rows_max": MARKETS_MAX})
    return found or reader.rows(statement, {"prefix": market.upper(), "rows_max": MARKETS_MAX})


def read_book(reader: PageReader, parameters: Parameters) -> PageContext:
    """Return a market's book, or markets to choose from."""
    market, now = parameters.text("market"), datetime.now(UTC)
    at = parameters.moment("at", now)
    book = reader.row(query("production/status_page/read_book"), {"market": market, "at": at}) if market else None
    return {
        "market": market,
        "at": at,
        "at_asked": parameters.text("at"),
        "described": reader.row(query("production/status_page/read_market"), {"market": market}) if market else None,
        "found": [] if book else found_markets(reader, market),
        "book": ladder(book) if book else None,
    }


def ladder(book: Row) -> dict[str, Any]:
    """Return the levels next to the spread, on the price scale of YES; both sides' sizes have one scale."""
    bids = list(zip(book["yes_prices"], book["yes_sizes"], strict=True))[::-1]
    asks = [(PAYMENT - price, size) for price, size in zip(book["no_prices"], book["no_sizes"], strict=True)][::-1]
    shown = [*bids[:LEVELS_MAX], *asks[:LEVELS_MAX]]
    largest = max((size for _, size in shown), default=PAYMENT)

    def levels(side: list[tuple[Decimal, Decimal]]) -> list[dict[str, Any]]:
        return [
            {"price": price, "size": size, "share": round(float(100 * size / largest), 2)}
            for price, size in side[:LEVELS_MAX]
        ]

    spread = asks[0][0] - bids[0][0] if asks and bids else None
    return {
        **book,
        "bids": levels(bids),
        "asks": levels(asks)[::-1],
        "spread": spread,
        "bid_levels": len(bids),
        "ask_levels": len(asks),
        "bid_size": sum((size for _, size in bids), Decimal(0)),
        "ask_size": sum((size for _, size in asks), Decimal(0)),
    }


def read_market_day(reader: PageReader, parameters: Parameters) -> PageContext:
    """Return the steps of a market's day with their drawing, or markets to choose from."""
    today = datetime.now(UTC).date()
    day, market = parameters.day("day", today), parameters.text("market")
    asked = {"market": market, "from_at": begin_of(day), "until_at": begin_of(day) + DAY}
    rows = (
        reader.rows(query("production/status_page/read_day"), asked | {"step_minutes": STEP_MINUTES}) if market else []
    )
    return {
        "day": day,
        "today": today,
        "market": market,
        "asked": {"day": day, "market": market},
        "described": reader.row(query("production/status_page/read_market"), {"market": market}) if market else None,
        "found": [] if rows else found_markets(reader, market),
        "rows": rows,
        "plot": plot(rows) if rows else None,
        "step_minutes": STEP_MINUTES,
    }


def plot(rows: list[Row]) -> dict[str, Any]:
    """Return lines and bars over the minutes of a day: quotes and trades by price, sizes at the best prices, volume."""
    xs = [60 * row["at"].astimezone(UTC).hour + row["at"].astimezone(UTC).minute for row in rows]
    prices = fitted_scale(row[name] for row in rows for name in ("yes_bid", "yes_ask", "low_price", "high_price"))
    sizes = fitted_scale((row[name] for row in rows for name in ("yes_bid_size", "yes_ask_size")), from_zero=True)
    volumes = fitted_scale((row["volume"] for row in rows), from_zero=True)

    def line(name: str, scale: Any) -> str:
        points = ((x, None if row[name] is None else scale.y(row[name])) for x, row in zip(xs, rows, strict=True))
        return steps_path(points, STEP_MINUTES)

    zeros = [row | {"zero": 0} for row in rows]
    return {
        "width": WIDTH,
        "prices": prices,
        "sizes": sizes,
        "volumes": volumes,
        "bid": line("yes_bid", prices),
        "ask": line("yes_ask", prices),
        "bid_size": line("yes_bid_size", sizes),
        "ask_size": line("yes_ask_size", sizes),
        "trades": bars(rows, "low_price", "high_price", prices, xs, STEP_MINUTES),
        "volume_bars": bars(
            [row for row in zeros if row["volume"]],
            "zero",
            "volume",
            volumes,
            [x for x, row in zip(xs, rows, strict=True) if row["volume"]],
            STEP_MINUTES,
        ),
    }
