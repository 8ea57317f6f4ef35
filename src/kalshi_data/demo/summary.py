"""The counts of a run per stream (published, received, polled, held) and its result."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.demo.postgres import Server
from kalshi_data.simulator.verification import VERIFIED_STREAMS, count_books, count_stream, load_journal

__all__ = ["VERIFIED_STREAMS", "RunSummary", "StreamSummary", "compare", "load_journal", "summarise_stream"]

# A demo lasts no longer than a day, and has no more markets.
MINUTES_MAX = 1_440
MARKETS_MAX = 100_000


class StreamSummary(msgspec.Struct, kw_only=True):
    """Row counts of one stream; `received` is per gatherer."""

    published: int
    received: dict[str, int]
    polled: int
    new: int
    duplicate: int
    production: int
    lost: int
    invented: int


class Archived(msgspec.Struct, kw_only=True):
    """What was written to the archive and compared with production row by row."""

    hours: int
    streams: int
    rows: int
    bytes: int


class ProvenMinutes(msgspec.Struct, kw_only=True):
    """Minutes in which a covered book changed; of these those proven, and by what.

    `due` are those before the last round of audits.
    """

    active: float = 0.0
    proven: float = 0.0
    by_line: float = 0.0
    by_check: float = 0.0
    by_both: float = 0.0
    due: float = 0.0
    due_proven: float = 0.0


class Judged(msgspec.Struct, kw_only=True):
    """The minutes of all books until a time, by state, as `deduplicator completeness` shows them."""

    until_at: datetime
    minutes: dict[str, float]


class FieldsOfGroup(msgspec.Struct, frozen=True):
    """Which fields a group of a client's connections lacked from one moment on."""

    client: str
    group: int
    lacking: str


class RunSummary(msgspec.Struct, kw_only=True):
    """A whole run.

    `unreadable` frames cannot be understood, and `withheld` ones were sent to no connection. `quarantined` frames and
    sequence `gaps` are those of all gatherers together. `books` were compared after each clock or millisecond. `judged`
    are the minutes until the first gatherer stopped, None if there are none. `rollouts` are the changes of
    the fields of connections, in order.
    """

    result: str
    published: int
    production: int
    lost: int
    invented: int
    unreadable: int
    withheld: int
    books: int
    wrong_books: int
    quarantined: int
    gaps: int
    proven_minutes: ProvenMinutes
    judged: Judged | None
    rollouts: list[FieldsOfGroup]
    archive: Archived
    streams: dict[str, StreamSummary]


def received_rows(server: Server) -> dict[str, int]:
    """Return how many rows a gatherer holds, by table."""
    with connect(server.conninfo("kalshi_ts", "gatherer"), application_name="demo") as connection:
        return dict(connection.execute(query("capture/status/count_rows")).fetchall())


def merged_rows(production: Server) -> dict[tuple[str, int], tuple[int, int, int, int]]:
    """Return rows polled, new, duplicate and rejected by stream and gatherer."""
    with connect(production.conninfo("kalshi", "deduplicator"), application_name="demo") as connection:
        return {
            (row[0], row[1]): row[2:] for row in connection.execute(query("production/status/read_progress")).fetchall()
        }


def compare(
    production: Server,
    gatherers: Mapping[int, Server],
    journal: Path,
    judged: Judged | None,
    archive: Archived,
    audit_seconds: int,
) -> RunSummary:
    """Compare production with the exchange's journal; gatherers only add the counts of what they received."""
    received = {number: received_rows(server) for number, server in gatherers.items()}
    merged = merged_rows(production)
    with connect(production.conninfo("kalshi"), application_name="demo") as connection:
        excluded = load_journal(connection, journal)
        books, wrong_books = count_books(connection)
        audits = {"audit_seconds": audit_seconds}
        proven = connection.execute(query("verification/count_proven_minutes"), audits).fetchall()
        streams = {name: summarise_stream(connection, name, received, merged) for name in VERIFIED_STREAMS}
        rollouts = [FieldsOfGroup(*row) for row in connection.execute(query("verification/list_rollouts")).fetchall()]
    totals = {key: sum(getattr(each, key) for each in streams.values()) for key in ("published", "production")}
    wrong = {key: sum(getattr(each, key) for each in streams.values()) for key in ("lost", "invented")}
    # A message that no gatherer could read is lost to production, although it lies in quarantine.
    is_wrong = any(wrong.values()) or wrong_books or excluded.unreadable
    return RunSummary(
        result="incomplete" if is_wrong or not totals["published"] else "complete",
        unreadable=excluded.unreadable,
        withheld=excluded.withheld,
        books=books,
        wrong_books=wrong_books,
        quarantined=sum(tables["quarantine"] for tables in received.values()),
        gaps=sum(tables["gaps"] for tables in received.values()),
        proven_minutes=ProvenMinutes(**{kind: round(minutes, 2) for kind, minutes in proven}),
        judged=judged,
        rollouts=rollouts,
        archive=archive,
        streams=streams,
        **totals,
        **wrong,
    )


def judge_minutes(production: Server) -> Judged | None:
    """Let production classify the minutes of a run that has ended, and return those of books."""
    limits = {"minutes_max": MINUTES_MAX, "markets_max": MARKETS_MAX}
    with connect(production.conninfo("kalshi"), application_name="demo") as connection:
        connection.execute(query("verification/end_recording"))
        (until_at,) = connection.execute(query("verification/judge_minutes"), limits).fetchone() or (None,)
        if until_at is None:
            return None
        asked = {"market": None, "from_at": until_at - timedelta(minutes=MINUTES_MAX), "until_at": until_at, "cells": 1}
        rows = connection.execute(query("production/completeness/read_minutes"), asked).fetchall()
    minutes = {state: minutes for stream, state, _, minutes in rows if stream == "orderbook_deltas"}
    return Judged(until_at=until_at, minutes=minutes) if minutes else None


def summarise_stream(
    connection: Connection,
    name: str,
    received: Mapping[int, Mapping[str, int]],
    merged: Mapping[tuple[str, int], tuple[int, ...]],
) -> StreamSummary:
    """Return the counts of one stream."""
    found = count_stream(connection, name)
    counts = [merged.get((name, number), (0, 0, 0, 0)) for number in received]
    polled, new, duplicate, _ = (sum(column) for column in zip((0, 0, 0, 0), *counts, strict=True))
    return StreamSummary(
        published=found.published,
        received={f"gatherer-{number}": tables[name] for number, tables in received.items()},
        polled=polled,
        new=new,
        duplicate=duplicate,
        production=found.present,
        lost=found.lost,
        invented=found.invented,
    )
