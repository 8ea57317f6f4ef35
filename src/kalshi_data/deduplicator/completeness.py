"""What is known of production's completeness: the ledger for people and for programs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec
from psycopg import IsolationLevel

from kalshi_data.command_line import config_option
from kalshi_data.database import Connection, connect, query
from kalshi_data.deduplicator.configuration import CONFIG, DeduplicatorSettings
from kalshi_data.settings import load_settings

# Worst first, as a cell of the strip shows the worst that it holds.
STATES = ("gap", "repaired", "covered", "idle", "proven")
GAPS_MAX = 1_000
CELLS_MAX = 1_440


class Cell(msgspec.Struct):
    """A part of the time asked about; its state is the worst in it, null where nothing was expected or judged."""

    begins_at: datetime
    state: str | None
    minutes: dict[str, float]


class Completeness(msgspec.Struct):
    """One stream: the minutes of all markets together by state, and the same in cells."""

    stream: str
    minutes: dict[str, float]
    cells: list[Cell]


class Gap(msgspec.Struct):
    """Minutes known to be lost; an empty market_ticker stands for all markets."""

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
    """What stands behind the ledger's judgement of a market's books."""

    kind: str
    gatherer_id: int | None
    began_at: datetime | None
    ended_at: datetime | None
    detail: Mapping[str, Any]


class Report(msgspec.Struct):
    """All that the command tells; what follows judged_until is not judged yet."""

    market_ticker: str | None
    from_at: datetime
    until_at: datetime
    judged_until: datetime | None
    streams: list[Completeness]
    days: list[Day]
    gaps: list[Gap]
    evidence: list[Evidence]


def parse_moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """Read a moment of the command line, in UTC where it names no zone.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise click.BadParameter("write a moment such as 2026-11-02 or 2026-11-02T15:30Z") from error
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


@click.command()
@config_option(CONFIG)
@click.option("--market", metavar="TICKER", help="One market, beside the streams that all share; default all.")
@click.option("--from", "from_at", callback=parse_moment, metavar="TIME", help="From when; a day before its end.")
@click.option("--to", "until_at", callback=parse_moment, metavar="TIME", help="Until when; default now.")
@click.option("--cells", type=click.IntRange(1, CELLS_MAX), default=48, show_default=True, help="Cells of the strip.")
@click.option("--evidence", is_flag=True, help="What stands behind it, for the books of one --market.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for programs.")
def completeness(
    config: Path,
    market: str | None,
    from_at: datetime | None,
    until_at: datetime | None,
    cells: int,
    evidence: bool,
    as_json: bool,
) -> None:
    """Tell what production holds, what of it is proven, and what is known to be lost.

    Each minute of each market that was to be recorded has one state: proven (covered, and the books before and after
    prove that nothing is missing), covered, repaired (a gatherer missed it, another had it), idle (covered, nothing
    happened) or gap (known to be lost). Times are UTC.

    \b
    Examples:
      deduplicator completeness
      deduplicator completeness --from 2026-11-02 --to 2026-11-03
      deduplicator completeness --market KXHIGHNY-26NOV02-T60 --evidence
      deduplicator completeness --json | jq '.gaps'
    """  # noqa: D301 - click reads the escape
    until_at = until_at or datetime.now(UTC)
    from_at = from_at or until_at - timedelta(days=1)
    if from_at >= until_at:
        raise click.BadParameter(f"--from {from_at:%Y-%m-%dT%H:%MZ} is not before --to {until_at:%Y-%m-%dT%H:%MZ}")
    if evidence and not market:
        raise click.UsageError("--evidence needs a --market")
    runtime = load_settings(config, DeduplicatorSettings).production.runtime
    with connect(runtime.conninfo, application_name="deduplicator completeness") as production:
        report = read_report(production, market, from_at, until_at, cells, evidence=evidence)
    if as_json:
        click.echo(msgspec.json.encode(report))
        return
    # Loaded here, since the runner needs no tables.
    from kalshi_data.deduplicator.heat_strip import show  # noqa: PLC0415

    show(report)


def read_report(
    production: Connection, market: str | None, from_at: datetime, until_at: datetime, cells: int, *, evidence: bool
) -> Report:
    """Read what the ledger says of a time, all in one snapshot of production."""
    asked = {"market": market, "from_at": from_at, "until_at": until_at, "cells": cells, "gaps_max": GAPS_MAX}
    asked["stream"] = "orderbook_deltas"

    def read(statement: bytes) -> list[tuple[Any, ...]]:
        return production.execute(statement, asked).fetchall()

    production.isolation_level = IsolationLevel.REPEATABLE_READ
    with production.transaction():
        judged = read(query("production/read_judged_until"))
        return Report(
            market_ticker=market,
            from_at=from_at,
            until_at=until_at,
            judged_until=judged[0][0] if judged else None,
            streams=by_stream(
                read(query("production/read_completeness")), from_at, (until_at - from_at) / cells, cells
            ),
            days=[Day(*row) for row in read(query("production/read_stream_days"))],
            gaps=[Gap(*row) for row in read(query("production/read_ledger_gaps"))],
            evidence=[Evidence(*row) for row in read(query("production/read_evidence"))] if evidence else [],
        )


def by_stream(
    rows: Sequence[tuple[str, str, int, float]], from_at: datetime, cell_length: timedelta, cells: int
) -> list[Completeness]:
    """Arrange minutes by stream, and within it by cell."""
    minutes: dict[str, list[dict[str, float]]] = {}
    for stream, state, cell, count in rows:
        minutes.setdefault(stream, [{} for _ in range(cells)])[cell][state] = round(count, 3)
    return [
        Completeness(
            stream,
            {state: round(sum(cell.get(state, 0) for cell in held), 3) for state in STATES},
            [Cell(from_at + number * cell_length, worst(cell), cell) for number, cell in enumerate(held)],
        )
        for stream, held in sorted(minutes.items())
    ]


def worst(minutes: Mapping[str, float]) -> str | None:
    """Return the worst state that has any minutes."""
    return next((state for state in STATES if minutes.get(state, 0) > 0), None)
