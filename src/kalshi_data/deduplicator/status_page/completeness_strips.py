"""Completeness of a day: strips of the streams, of each series and of each market."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.completeness.day_parts import CELLS
from kalshi_data.deduplicator.completeness.report import MINUTE_STATES
from kalshi_data.status_page.drawings import runs
from kalshi_data.status_page.parameters import Parameters
from kalshi_data.status_page.sessions import PageReader, Row
from kalshi_data.status_page.site import PageContext

DAY = timedelta(days=1)
ROWS_MAX = 40
# How many of the markets that match are looked at, since a market's minutes are read from its whole ledger.
MARKETS_MAX = 400
PAGES_MAX = 10_000
# The streams that gatherers receive by market.
BY_MARKET = "orderbook_deltas"
MEANINGS = {
    "proven": "received, and proven that nothing is missing",
    "covered": "received, not proven yet",
    "repaired": "missed by one, received or fetched by another",
    "idle": "nothing was published",
    "halted": "idle, since trading was not active",
    "gap": "known to be lost",
}


def begin_of(day: date) -> datetime:
    """Return the beginning of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def read_completeness(reader: PageReader, parameters: Parameters) -> PageContext:
    """Return the strips of a day: streams, and the series or markets that match the search."""
    today = datetime.now(UTC).date()
    day = parameters.day("day", today)
    series, search = parameters.text("series"), parameters.text("search")
    by = parameters.choice("by", ("series", "market"), "market" if series or search else "series")
    page = parameters.number("page", 0, PAGES_MAX)
    streams = reader.rows(query("production/status_page/read_stream_strips"), {"day": day})
    asked = {"stream": BY_MARKET, "day": day, "series": series or None, "search": search, "cells": CELLS}
    bounds = {"rows_max": ROWS_MAX, "rows_skipped": page * ROWS_MAX, "markets_max": MARKETS_MAX}
    of_markets = query("production/status_page/read_market_strips")
    of_series = query("production/status_page/read_series_strips")
    rows = reader.rows(of_markets if by == "market" else of_series, asked | bounds)
    classified = reader.row(query("production/completeness/read_classified_until"))
    names = rows[0]["names"] if rows else 0
    return {
        "day": day,
        "today": today,
        "by": by,
        "series": series,
        "search": search,
        "page": page,
        "page_count": -(-names // ROWS_MAX),
        "names": names,
        "matches": rows[0]["matches"] if rows and by == "market" else names,
        "markets_max": MARKETS_MAX,
        "asked": {"day": day, "by": by, "series": series, "search": search},
        "streams": [strip(row) for row in streams if row["minutes"]],
        "rows": [strip(row) for row in rows],
        "cells": CELLS,
        "meanings": MEANINGS,
        "classified_until": classified["moment"] if classified else None,
        "computed_at": min((row["computed_at"] for row in streams), default=None),
    }


def strip(row: Row) -> dict[str, Any]:
    """Return a row with a number of minutes for each state, their sum, and the runs of its cells."""
    minutes = {state: row["minutes"].get(state, 0) for state in MINUTE_STATES}
    cells = [row["states"].get(str(number)) for number in range(CELLS)]
    return row | {"minutes": minutes, "total": sum(minutes.values()), "runs": runs(cells)}
