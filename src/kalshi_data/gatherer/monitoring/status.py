"""What `gatherer status` shows: read from kalshi_ts, so that it works whether a gatherer runs or not."""

from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row
from rich.console import Group, RenderableType

from kalshi_data.cli.tables import Document, facts, size, span, table
from kalshi_data.database.connection import Connection, query
from kalshi_data.gatherer.settings import GathererHealthSettings

# How a gatherer said that it ended.
ENDS = {"stopped": "stopped", "failed": "ended with an error"}


def read_status(connection: Connection, settings: GathererHealthSettings) -> Document:
    """Return all there is to show."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("capture/status/read_status")).fetchone() or {}
        streams = cursor.execute(query("capture/status/read_storage")).fetchall()
    silent_seconds = row.pop("silent_seconds")
    status = row.pop("status")
    beats = silent_seconds is not None and silent_seconds <= settings.heartbeat_seconds_max
    alive = beats and status["state"] == "running"
    return {"alive": alive, "silent_seconds": silent_seconds, **row, "heartbeat": status, "streams": streams}


def draw_status(document: Document) -> RenderableType:
    """Return it as tables for people."""
    beat: dict[str, Any] | None = document["heartbeat"]
    lines = {"gatherer": _life(document), **(_work(beat) if beat else {})}
    lines |= {
        "gaps": f"{document['gaps_today']:,} today, {document['gaps_open']:,} not repaired",
        "database": f"{size(document['database_bytes'])}, epoch {document['epoch']}",
    }
    return Group(facts(lines), "", _streams(document["streams"]))


def _life(document: Document) -> str:
    beat, silent = document["heartbeat"], span(document["silent_seconds"])
    if beat is None:
        return "never ran on this database"
    if document["alive"]:
        return f"{beat['health']['status']}, running version {beat['version']} since {_time(beat['started_at'])}"
    what = ENDS.get(beat["state"], "not running: no heartbeat since")
    return f"{what} {_time(document['beat_at'].isoformat())}, {silent} ago"


def _work(beat: dict[str, Any]) -> dict[str, str]:
    """Return the counters of the last heartbeat."""
    rates = beat["per_second"]
    reasons = [f"{reason['severity']}: {reason['text']}" for reason in beat["health"]["reasons"]]
    log = f"{size(beat['log_bytes'])} since {_time(beat['log_oldest_at'])}, {size(beat['log_free_bytes'])} free"
    return {
        **({"reasons": "\n".join(reasons)} if reasons else {}),
        "connections": f"{beat['connections_up']} of {beat['connections_wanted']} up",
        "markets": f"{beat['markets_subscribed']:,} of {beat['markets_wanted']:,} subscribed",
        "rates": f"{rates['frames']:,.0f} frames/s, {rates['committed_rows']:,.0f} rows/s committed",
        "lag": f"{beat['behind_frames']:,} frames in the log, {beat['queued_rows']:,} rows in memory",
        "last frame": _time(beat["last_frame_at"]),
        "frame log": log if beat["log_bytes"] else "nothing logged",
    }


def _streams(streams: list[dict[str, Any]]) -> RenderableType:
    made = table("stream", "rows (about)", "size", "partitions", "oldest", "last acknowledged")
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
    """Return a time to the second, in UTC."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if text else "never"
