"""The document of `deduplicator status`: read from production, so that no deduplicator needs to run."""

import math
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row
from rich.console import Group, RenderableType

from kalshi_data.cli.tables import Document, pairs, size, span, table
from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.service.growth import Growth, describe_growth

# The last state that a deduplicator recorded, in words.
PACKED_COUNTS = ("hours_packed", "hours_due", "hours_failing")
ENDS = {"stopped": "stopped", "failed": "ended with an error"}


def read_status(connection: Connection, settings: DeduplicatorSettings) -> Document:
    """Return the whole document; `alive` is true if a deduplicator runs and none has failed or gone silent."""
    with connection.cursor(row_factory=dict_row) as cursor:
        deduplicators = cursor.execute(query("production/status/read_deduplicators")).fetchall()
        gatherers = cursor.execute(query("production/status/read_gatherers")).fetchall()
        streams = cursor.execute(query("production/status/read_lags")).fetchall()
        archive = cursor.execute(query("production/status/read_archive_totals")).fetchall()
        packing = cursor.execute(query("production/status/read_packing"), settings.packing_condition).fetchall()
    bytes_max = settings.retention.bytes_max
    growth = Growth.of(connection.execute(query("production/status/read_growth")).fetchone()).toward(bytes_max)
    days = growth.days_left(bytes_max)
    for each in deduplicators:
        fresh = each["silent_seconds"] <= settings.health.silence_seconds_max
        each["alive"] = fresh and each["status"]["state"] == "running"
    # A deduplicator that was stopped on purpose is not missed if another one runs.
    wanted = [each for each in deduplicators if each["status"]["state"] != "stopped"]
    alive = bool(wanted) and all(each["alive"] for each in wanted)
    found = {"alive": alive, "deduplicators": deduplicators, "gatherers": gatherers, "streams": streams}
    steps = {
        "archive": {"target": settings.archive.target, "streams": archive},
        "packing": {"enabled": settings.packing.enabled, "streams": packing},
        "storage": {**growth._asdict(), "full_in_days": days if days < math.inf else None},
    }
    return {**found, **steps}


def draw_status(document: Document) -> RenderableType:
    """Return the document as tables for people."""
    states = {f"deduplicator {each['shard']}": _describe(each) for each in document["deduplicators"]}
    lines = (states or {"deduplicator": "never ran on this database"}) | _storage(document["storage"])
    parts = [pairs(lines), ""]
    tables = (_gatherers(document["gatherers"]), "", _streams(document["streams"]), _archive(document["archive"]))
    return Group(*parts, *tables, _packing(document["packing"]), _problems(document))


def _describe(deduplicator: dict[str, Any]) -> str:
    status, at = deduplicator["status"], f"{deduplicator['beat_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if not deduplicator["alive"]:
        ending = ENDS.get(status["state"], "not running: silent since")
        return f"{ending} {at}, {span(deduplicator['silent_seconds'])} ago"
    started = datetime.fromisoformat(status["started_at"])
    reasons = [f"\n{reason['severity']}: {reason['text']}" for reason in status["health"]["reasons"]]
    since = f"running version {status['version']} since {started:%Y-%m-%d %H:%M:%S} UTC"
    return f"{status['health']['status']}, {since}{''.join(reasons)}"


def _storage(storage: Document) -> dict[str, str]:
    """Return the line about production's size, if it was measured in the last day."""
    if not storage["database_bytes"]:
        return {}
    growth = describe_growth(storage["bytes_per_day"], storage["full_in_days"])
    return {"production": f"{size(storage['database_bytes'])}{growth}"}


def _gatherers(gatherers: list[dict[str, Any]]) -> RenderableType:
    words = ("last heartbeat", "state", "health")
    made = table("gatherer", *words, "epoch", words=words)
    for each in gatherers:
        status = each["status"]
        health = status.get("health", {}).get("status", "-")
        beat = f"{each['beat_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        made.add_row(str(each["gatherer_id"]), beat, status.get("state", "-"), health, str(each["epoch"]))
    return made


def _streams(streams: list[dict[str, Any]]) -> RenderableType:
    columns = ("rows behind", "time behind", "rows/s", "last merged", "polled", "new", "duplicate", "rejected")
    made = table("stream", "gatherer", *columns, breaks=("polled",), keys=2, grouped=True)
    for each in streams:
        counts = (each[f"rows_{name}"] for name in ("polled", "new", "duplicate", "rejected"))
        merged = each["merged_at"]
        made.add_row(
            each["stream"],
            str(each["gatherer_id"]),
            "-" if each["rows_waiting"] is None else f"{each['rows_waiting']:,}",
            "-" if each["lag_seconds"] is None else f"{each['lag_seconds']:.1f} s",
            "-" if each["rows_per_second"] is None else f"{each['rows_per_second']:,.0f}",
            f"{span((datetime.now(UTC) - merged).total_seconds())} ago" if merged else "never",
            *(f"{count:,}" for count in counts),
        )
    return made


def _archive(archive: Document) -> RenderableType:
    """Return the archive's progress by stream; an empty text if there is no archive."""
    if not archive["streams"]:
        return ""
    made = table("archive", "hours verified", "waiting", "failing", "newest hour", "rows", "size", breaks=("rows",))
    for each in archive["streams"]:
        newest = _hour(each["newest_hour"])
        counts = (f"{each[name]:,}" for name in ("hours_verified", "hours_waiting", "hours_failing"))
        made.add_row(each["stream"], *counts, newest, f"{each['row_count']:,}", size(each["byte_count"]))
    return Group("", made)


def _packing(packing: Document) -> RenderableType:
    """Return the progress of packing; an empty text if it is not enabled, or no hour is over for long enough."""
    if not packing["enabled"] or not any(sum(each[name] for name in PACKED_COUNTS) for each in packing["streams"]):
        return ""
    made = table("packing", "hours packed", "due", "failing", "oldest due for", "newest hour")
    for each in packing["streams"]:
        due = span(each["due_seconds"]) if each["hours_due"] else "-"
        counts = (f"{each[name]:,}" for name in PACKED_COUNTS)
        made.add_row(each["stream"], *counts, due, _hour(each["newest_hour"]))
    failures = (f"cannot be packed: {each['failure']}" for each in packing["streams"] if each["failure"])
    return Group("", made, *failures)


def _hour(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:00}" if at else "-"


def _problems(document: Document) -> RenderableType:
    """Return each error and each cause of lag once, with the streams that have it."""
    found: dict[tuple[int, str], list[str]] = {}
    for each in document["streams"]:
        for problem in (each["error"], each["cause"]):
            if problem:
                found.setdefault((each["gatherer_id"], problem), []).append(each["stream"])
    lines = [f"gatherer {number}: {problem} ({', '.join(streams)})" for (number, problem), streams in found.items()]
    return "\n".join(["", *lines]) if lines else ""
