"""The first page: gatherers side by side, streams, growth."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.service.growth import Growth
from kalshi_data.status_page.parameters import Parameters
from kalshi_data.status_page.sessions import PageReader, Row
from kalshi_data.status_page.site import PageContext

SHARES_MAX = 500
SHARES_TIME = timedelta(days=1)
COUNTS = ("rows_sampled", "rows_seen", "rows_first", "rows_unique", "rows_missed")
STREAM_COUNTS = ("rows_waiting", "rows_per_second", "rows_polled", "rows_new", "rows_duplicate", "rows_rejected")


class Overview:
    """Reads what the first page shows."""

    def __init__(self, settings: DeduplicatorSettings) -> None:
        """Judge by these settings."""
        self._settings = settings

    def read(self, reader: PageReader, parameters: Parameters) -> PageContext:
        """Return gatherers with their shares and streams, and production's growth."""
        del parameters
        gatherers = reader.rows(query("production/status/read_gatherers"))
        streams = reader.rows(query("production/status/read_lags"))
        since = datetime.now(UTC) - SHARES_TIME
        shares = reader.rows(query("production/status_page/read_shares"), {"since": since, "rows_max": SHARES_MAX})
        retention = self._settings.retention
        row = reader.row(query("production/status/read_growth"))
        growth = Growth.of(tuple(row.values()) if row else None).toward(retention.bytes_max)
        silent_seconds_max = self._settings.merging.heartbeat_seconds_max
        return {
            "gatherers": [describe_gatherer(each, streams, shares, silent_seconds_max) for each in gatherers],
            "streams": total(streams),
            "shares": shares,
            "deduplicators": reader.rows(query("production/status/read_deduplicators")),
            "archive": reader.rows(query("production/status/read_archive_totals")),
            "has_archive": bool(self._settings.archive.target),
            "growth": growth,
            "days_left": growth.days_left(retention.bytes_max),
            "bytes_max": retention.bytes_max,
        }


def describe_gatherer(
    gatherer: Row, streams: Sequence[Row], shares: Sequence[Row], silent_seconds_max: float
) -> dict[str, Any]:
    """Return a gatherer's heartbeat with the rates and lags of its streams, and its shares of all sampled rows."""
    number, status = gatherer["gatherer_id"], gatherer["status"]
    own = [each for each in streams if each["gatherer_id"] == number]
    sampled = [each for each in shares if each["gatherer_id"] == number]
    is_silent = gatherer["silent_seconds"] > silent_seconds_max
    running = status.get("state", "unknown")
    return {
        **gatherer,
        "state": "silent" if is_silent and running == "running" else running,
        "health": status.get("health") or {"status": "unknown", "reasons": []},
        "lag_seconds": max((each["lag_seconds"] or 0 for each in own), default=None),
        "rows_waiting": sum(each["rows_waiting"] or 0 for each in own),
        "rows_per_second": sum(each["rows_per_second"] or 0 for each in own),
        "shares": {name: sum(each[name] for each in sampled) for name in COUNTS},
        "problems": sorted({text for each in own for text in (each["error"], each["cause"]) if text}),
    }


def total(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return each stream with its rows and their totals: the longest lag, and sums of all else."""
    found: dict[str, list[Row]] = {}
    for each in rows:
        found.setdefault(each["stream"], []).append(each)
    return [
        {
            "stream": stream,
            "gatherers": own,
            "lag_seconds": greatest(own, "lag_seconds"),
            "merged_at": greatest(own, "merged_at"),
            **{name: summed(own, name) for name in STREAM_COUNTS},
        }
        for stream, own in found.items()
    ]


def greatest(rows: Sequence[Row], name: str) -> Any:
    """Return the greatest value of a column, None if no row has one."""
    return max((each[name] for each in rows if each[name] is not None), default=None)


def summed(rows: Sequence[Row], name: str) -> Any:
    """Return the sum of a column, None if no row has a value."""
    known = [each[name] for each in rows if each[name] is not None]
    return sum(known) if known else None
