"""What `gatherer status` shows. It reads only kalshi_ts, so it also works while no gatherer runs."""

from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row
from rich.console import Group, RenderableType

from kalshi_data.cli.tables import Document, pairs, size, span, table
from kalshi_data.database.connection import Connection, query
from kalshi_data.gatherer.settings import GathererHealthSettings
from kalshi_data.service.growth import describe_growth

# The states of a last heartbeat.
ENDS = {"stopped": "stopped", "failed": "ended with an error"}


def read_status(connection: Connection, settings: GathererHealthSettings) -> Document:
    """Return the whole status as a document."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("capture/status/read_status")).fetchone() or {}
        streams = cursor.execute(query("capture/status/read_storage")).fetchall()
    silent_seconds = row.pop("silent_seconds")
    status = row.pop("status")
    # A heartbeat from far in the future was written before the clock was set back.
    earliest, latest = -settings.database_seconds_max, settings.heartbeat_seconds_max
    has_heartbeat = silent_seconds is not None and earliest <= silent_seconds <= latest
    alive = has_heartbeat and status["state"] == "running"
    return {"alive": alive, "silent_seconds": silent_seconds, **row, "heartbeat": status, "streams": streams}


def draw_status(document: Document) -> RenderableType:
    """Return the status as tables."""
    heartbeat: dict[str, Any] | None = document["heartbeat"]
    lines = {"gatherer": _state(document), **(_counters(heartbeat) if heartbeat else {})}
    lines |= {
        "gaps": f"{document['gaps_today']:,} today, {document['gaps_open']:,} not repaired",
        "database": f"{size(document['database_bytes'])}{_growth(heartbeat)}, epoch {document['epoch']}",
    }
    return Group(pairs(lines), "", _streams(document["streams"]))


def _state(document: Document) -> str:
    heartbeat, silent = document["heartbeat"], span(document["silent_seconds"])
    if heartbeat is None:
        return "never ran on this database"
    if document["alive"]:
        health, version = heartbeat["health"]["status"], heartbeat["version"]
        return f"{health}, running version {version} since {_time(heartbeat['started_at'])}"
    what = ENDS.get(heartbeat["state"], "not running: no heartbeat since")
    return f"{what} {_time(document['beat_at'].isoformat())}, {silent} ago"


def _counters(heartbeat: dict[str, Any]) -> dict[str, str]:
    """Return the lines about the last heartbeat."""
    rates = heartbeat["per_second"]
    reasons = [f"{reason['severity']}: {reason['text']}" for reason in heartbeat["health"]["reasons"]]
    log_size, log_free = size(heartbeat["log_bytes"]), size(heartbeat["log_free_bytes"])
    log = f"{log_size} since {_time(heartbeat['log_oldest_at'])}, {log_free} free"
    return {
        **({"reasons": "\n".join(reasons)} if reasons else {}),
        "connections": f"{heartbeat['connections_up']} of {heartbeat['connections_wanted']} up",
        "markets": f"{heartbeat['markets_subscribed']:,} of {heartbeat['markets_wanted']:,} subscribed",
        "rates": f"{rates['frames']:,.0f} frames/s, {rates['committed_rows']:,.0f} rows/s committed",
        "lag": f"{heartbeat['behind_frames']:,} frames in the log, {heartbeat['queued_rows']:,} rows in memory",
        "last frame": _time(heartbeat["last_frame_at"]),
        **_exchange(heartbeat.get("exchange") or {}),
        "frame log": log if heartbeat["log_bytes"] else "nothing logged",
    }


def _exchange(said: dict[str, Any]) -> dict[str, str]:
    """Return what the exchange says of itself, and its last refusal; a heartbeat of an earlier version has neither."""
    if not said:
        return {}
    state = said["halted"] or "every shard is active"
    lines = {"exchange": f"{state}, asked {_time(said['status_at'])}" if said["status_at"] else "has not answered yet"}
    if not said["schedule_at"]:
        lines["maintenance"] = "the exchange's schedule is not known"
    elif said["maintenance"]:
        lines["maintenance"] = "\n".join(f"{_time(begin)} to {_time(end)}" for begin, end in said["maintenance"])
    else:
        lines["maintenance"] = "none is announced"
    refused = {"last refusal": f"{said['refusal']}, {_time(said['refused_at'])}"} if said["refusal"] else {}
    return lines | refused


def _growth(heartbeat: dict[str, Any] | None) -> str:
    """Return how fast the database grows, as the last heartbeat says; that of an earlier version does not."""
    known = heartbeat or {}
    return describe_growth(known.get("growth_bytes_per_day", 0.0), known.get("full_in_days"))


def _streams(streams: list[dict[str, Any]]) -> RenderableType:
    made = table("stream", "rows (about)", "size", "partitions", "oldest", "last acknowledged", breaks=("oldest",))
    for stream in streams:
        oldest, acknowledged = stream["oldest_at"], stream["acknowledged_at"]
        made.add_row(
            stream["stream"],
            f"{stream['estimated_rows']:,}",
            size(stream["stored_bytes"]),
            f"{stream['partitions']:,}",
            f"{oldest:%Y-%m-%d}" if oldest else "-",
            f"{span((datetime.now(UTC) - acknowledged).total_seconds())} ago" if acknowledged else "never",
        )
    return made


def _time(text: str | None) -> str:
    """Return a time in UTC to the second, or never."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if text else "never"
