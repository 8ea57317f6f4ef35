"""The archive's calendar: the state of each hour of each stream."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.database.connection import query
from kalshi_data.deduplicator.status_page.completeness_strips import DAY, begin_of
from kalshi_data.status_page.drawings import runs
from kalshi_data.status_page.parameters import Parameters
from kalshi_data.status_page.sessions import PageReader, Row
from kalshi_data.status_page.site import PageContext

DAYS = 7
ROWS_MAX = 10_000
ERRORS_MAX = 20
HOURS = {stream.name: stream.hours for stream in ARCHIVED}
MEANINGS = {
    "verified": "read back and equal to production",
    "exported": "written, to be read back",
    "exporting": "being written",
    "pending": "has rows that are not written yet",
    "failing": "could not be written, tried again",
}


def read_archive(reader: PageReader, parameters: Parameters) -> PageContext:
    """Return the calendar of a week that ends with a day."""
    today = datetime.now(UTC).date()
    day = parameters.day("day", today)
    until_at = begin_of(day) + DAY
    asked = {"from_at": until_at - DAYS * DAY, "until_at": until_at, "rows_max": ROWS_MAX}
    rows = reader.rows(query("production/status_page/read_calendar"), asked)
    return {
        "day": day,
        "today": today,
        "days": [day - timedelta(days=number) for number in range(DAYS)],
        "step": timedelta(days=DAYS),
        "calendar": calendar(rows),
        "totals": reader.rows(query("production/status/read_archive_totals")),
        "errors": [row for row in rows if row["error"]][:ERRORS_MAX],
        "meanings": MEANINGS,
    }


def calendar(rows: Sequence[Row]) -> dict[date, list[dict[str, Any]]]:
    """Return the days that have rows, the newest first, with a strip of 24 hours for each stream."""
    days: dict[date, dict[str, list[Row]]] = {}
    for row in rows:
        days.setdefault(row["hour"].astimezone(UTC).date(), {}).setdefault(row["stream"], []).append(row)
    return {
        day: [describe_day(stream, held) for stream, held in sorted(streams.items())]
        for day, streams in sorted(days.items(), reverse=True)
    }


def describe_day(stream: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return a stream's day; all of its hours have one state if the day is written whole."""
    states = {row["hour"].astimezone(UTC).hour: row["state"] for row in rows}
    hours = HOURS.get(stream, 1)
    return {
        "stream": stream,
        "runs": runs([states.get(hour - hour % hours) for hour in range(24)]),
        "verified": sum(row["state"] == "verified" for row in rows),
        "expected": 24 // hours,
        "rows": sum(row["row_count"] for row in rows),
        "bytes": sum(row["byte_count"] for row in rows),
    }
