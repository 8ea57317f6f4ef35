"""The figures of a run: what was published, received, polled and is held, stream by stream, and the verdict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.database import Connection, connect, query
from kalshi_data.demo.postgres import Server

STREAMS = ("trades", "orderbook_deltas", "orderbook_snapshots", "tickers", "lifecycle_events")


class StreamFigures(msgspec.Struct, kw_only=True):
    """Rows of one stream; `received` is per gatherer."""

    published: int
    received: dict[str, int]
    polled: int
    new: int
    duplicate: int
    production: int
    lost: int
    invented: int


class Figures(msgspec.Struct, kw_only=True):
    """A whole run.

    `unreadable` frames were published but nobody can understand them; `quarantined` frames and sequence `gaps` are
    those of all gatherers together.
    """

    verdict: str
    published: int
    production: int
    lost: int
    invented: int
    unreadable: int
    quarantined: int
    gaps: int
    streams: dict[str, StreamFigures]


def received_rows(server: Server) -> dict[str, int]:
    """Return how many rows a gatherer holds, by table."""
    with connect(server.conninfo("kalshi_ts", "gatherer"), application_name="demo") as connection:
        return dict(connection.execute(query("capture/count_rows")).fetchall())


def merged_rows(production: Server) -> dict[tuple[str, int], tuple[int, int, int, int]]:
    """Return rows polled, new, duplicate and rejected by stream and gatherer."""
    with connect(production.conninfo("kalshi", "deduplicator"), application_name="demo") as connection:
        return {(row[0], row[1]): row[2:] for row in connection.execute(query("production/read_progress")).fetchall()}


def compare(production: Server, gatherers: Mapping[int, Server], journal: Path) -> Figures:
    """Compare production with the exchange's journal; nothing of it comes from the gatherers but what they received."""
    received = {number: received_rows(server) for number, server in gatherers.items()}
    merged = merged_rows(production)
    with connect(production.conninfo("kalshi"), application_name="demo") as connection:
        unreadable = load_journal(connection, journal)
        streams = {name: stream_figures(connection, name, received, merged) for name in STREAMS}
    totals = {key: sum(getattr(each, key) for each in streams.values()) for key in ("published", "production")}
    wrong = {key: sum(getattr(each, key) for each in streams.values()) for key in ("lost", "invented")}
    return Figures(
        verdict="incomplete" if any(wrong.values()) or not totals["published"] else "complete",
        unreadable=unreadable,
        quarantined=sum(tables["quarantine"] for tables in received.values()),
        gaps=sum(tables["gaps"] for tables in received.values()),
        streams=streams,
        **totals,
        **wrong,
    )


def load_journal(connection: Connection, journal: Path) -> int:
    """Load what the exchange published into this connection's own table.

    Returns:
        How many frames were left out because nobody could understand them.
    """
    connection.execute(query("production/stage_journal"))
    with (
        journal.open() as lines,
        connection.cursor() as cursor,
        cursor.copy(query("production/copy_journal")) as copy,
    ):
        for line in lines:
            copy.write_row((line,))
    return connection.execute(query("production/drop_unreadable")).rowcount


def stream_figures(
    connection: Connection,
    name: str,
    received: Mapping[int, Mapping[str, int]],
    merged: Mapping[tuple[str, int], tuple[int, ...]],
) -> StreamFigures:
    """Return the figures of one stream."""
    row: tuple[Any, ...] = connection.execute(query(f"production/verify_{name}")).fetchone() or (0, 0, 0, 0)
    counts = [merged.get((name, number), (0, 0, 0, 0)) for number in received]
    polled, new, duplicate, _ = (sum(column) for column in zip((0, 0, 0, 0), *counts, strict=True))
    return StreamFigures(
        published=row[0],
        received={f"gatherer-{number}": tables[name] for number, tables in received.items()},
        polled=polled,
        new=new,
        duplicate=duplicate,
        production=row[1],
        lost=row[2],
        invented=row[3],
    )
