"""The completeness of production as one document, read from its classified minutes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from psycopg import IsolationLevel

from kalshi_data.database.connection import Connection, query

# Worst first, since a cell of the strip shows the worst state in it.
MINUTE_STATES = ("gap", "repaired", "covered", "halted", "idle", "proven")
GAPS_MAX = 1_000
CELLS_MAX = 1_440


class Cell(msgspec.Struct):
    """A part of the time asked for; its state is the worst in it, null if nothing was expected or classified."""

    begins_at: datetime
    state: str | None
    minutes: dict[str, float]


class Completeness(msgspec.Struct):
    """One stream: minutes by state, summed over all markets, and the same by cell."""

    stream: str
    minutes: dict[str, float]
    cells: list[Cell]


class GapSpan(msgspec.Struct):
    """Minutes known to be lost; an empty market_ticker means all markets."""

    stream: str
    market_ticker: str
    began_at: datetime
    ended_at: datetime


class Day(msgspec.Struct):
    """The condition of a stream on a day in UTC, over all markets."""

    stream: str
    day: date
    condition: str
    markets: int
    minutes_proven: int
    minutes_covered: int
    minutes_repaired: int
    minutes_gap: int
    minutes_idle: int


class Evidence(msgspec.Struct):
    """One piece of evidence for the classification of a market's books."""

    kind: str
    gatherer_id: int | None
    began_at: datetime | None
    ended_at: datetime | None
    detail: Mapping[str, Any]


class Proofs(msgspec.Struct):
    """Minutes of books by what proves them, and what comparing and counting found on single connections."""

    by_line: int = 0
    by_check: int = 0
    by_both: int = 0
    proven: int = 0
    line_checks: int = 0
    line_differences: int = 0
    counts_agreed: int = 0
    counts_disputed: int = 0


class Report(msgspec.Struct):
    """The whole document; minutes after classified_until are not classified yet."""

    market_ticker: str | None
    from_at: datetime
    until_at: datetime
    classified_until: datetime | None
    streams: list[Completeness]
    days: list[Day]
    gaps: list[GapSpan]
    proofs: Proofs
    evidence: list[Evidence]


def read_report(
    production: Connection, market: str | None, from_at: datetime, until_at: datetime, cells: int, *, evidence: bool
) -> Report:
    """Read the completeness between two times from one snapshot of production."""
    asked = {"market": market, "from_at": from_at, "until_at": until_at, "cells": cells, "gaps_max": GAPS_MAX}
    asked["stream"] = "orderbook_deltas"

    def read(statement: bytes) -> list[tuple[Any, ...]]:
        return production.execute(statement, asked).fetchall()

    production.isolation_level = IsolationLevel.REPEATABLE_READ
    with production.transaction():
        classified = read(query("production/completeness/read_classified_until"))
        return Report(
            market_ticker=market,
            from_at=from_at,
            until_at=until_at,
            classified_until=classified[0][0] if classified else None,
            streams=group_by_stream(
                read(query("production/completeness/read_minutes")), from_at, (until_at - from_at) / cells, cells
            ),
            days=[Day(*row) for row in read(query("production/completeness/read_stream_days"))],
            gaps=[GapSpan(*row) for row in read(query("production/completeness/read_gaps"))],
            proofs=Proofs(*read(query("production/completeness/read_proofs"))[0]),
            evidence=[Evidence(*row) for row in read(query("production/completeness/read_evidence"))]
            if evidence
            else [],
        )


def group_by_stream(
    rows: Sequence[tuple[str, str, int, float]], from_at: datetime, cell_length: timedelta, cells: int
) -> list[Completeness]:
    """Group minutes by stream and cell."""
    minutes: dict[str, list[dict[str, float]]] = {}
    for stream, state, cell, count in rows:
        minutes.setdefault(stream, [{} for _ in range(cells)])[cell][state] = round(count, 3)
    return [
        Completeness(
            stream,
            {state: round(sum(cell.get(state, 0) for cell in held), 3) for state in MINUTE_STATES},
            [Cell(from_at + number * cell_length, worst(cell), cell) for number, cell in enumerate(held)],
        )
        for stream, held in sorted(minutes.items())
    ]


def worst(minutes: Mapping[str, float]) -> str | None:
    """Return the worst state that has any minutes."""
    return next((state for state in MINUTE_STATES if minutes.get(state, 0) > 0), None)
