"""Completeness of a day: strips of the streams, of each series and of each market."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.completeness.report import MINUTE_STATES, group_by_stream
from kalshi_data.status_page.drawings import runs
from kalshi_data.status_page.parameters import Parameters
from kalshi_data.status_page.sessions import PageReader, Row
from kalshi_data.status_page.site import PageContext

DAY = timedelta(days=1)
CELLS = 96
ROWS_MAX = 40
PAGES_MAX = 10_000
# The streams that gatherers receive by market.
BY_MARKET = "orderbook_deltas"
MEANINGS = {
    "proven": "received, and proven that nothing is missing",
    "covered": "received, not proven yet",
    "repaired": "missed by one, received or fetched by another",
    "gap": "known to be lost",
    "idle": "nothing was published",
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
    window = {"market": None, "from_at": begin_of(day), "until_at": begin_of(day) + DAY, "cells": CELLS}
    minutes = reader.rows(query("production/completeness/read_minutes"), window)
    asked = {"stream": BY_MARKET, "day": day, "by_series": by == "series", "series": series or None, "search": search}
    bounds = {"cells": CELLS, "rows_max": ROWS_MAX, "rows_skipped": page * ROWS_MAX}
    rows = reader.rows(query("production/status_page/read_strips"), asked | bounds)
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
        "asked": {"day": day, "by": by, "series": series, "search": search},
        "streams": stream_strips(minutes, day),
        "rows": [row | {"runs": runs(row["states"]), **totals(row)} for row in rows],
        "cells": CELLS,
        "meanings": MEANINGS,
        "classified_until": classified["moment"] if classified else None,
    }


def stream_strips(minutes: Iterable[Row], day: date) -> list[dict[str, Any]]:
    """Return each stream with its minutes by state and its strip."""
    rows = [(row["stream"], row["state"], row["cell"], row["minutes"]) for row in minutes]
    streams = group_by_stream(rows, begin_of(day), DAY / CELLS, CELLS)
    return [
        {
            "name": each.stream,
            "minutes": each.minutes,
            "total": sum(each.minutes.values()),
            "runs": runs([cell.state for cell in each.cells]),
        }
        for each in streams
    ]


def totals(row: Row) -> dict[str, Any]:
    """Return a row's minutes by state and their sum."""
    minutes = {state: row[f"minutes_{state}"] for state in MINUTE_STATES}
    return {"minutes": minutes, "total": sum(minutes.values())}
