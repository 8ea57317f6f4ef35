"""Minutes that are summed up for pages: the same as the ledger's, found without reading all of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.completeness.day_parts import CELLS
from kalshi_data.deduplicator.completeness.report import MINUTE_STATES
from kalshi_data.deduplicator.status_page.completeness_strips import begin_of
from tests.support.engines import Database, Engine
from tests.support.shown_platform import DAY, MARKETS, fill_production

BY_STATE = dict[str, int]
STATES = dict[str, str]
MARKETS_ASKED: dict[str, Any] = {
    "day": DAY,
    "series": None,
    "search": "",
    "cells": CELLS,
    "markets_max": 100,
    "rows_max": 100,
    "rows_skipped": 0,
}
SUMS = "select stream, series, markets, minutes, states from ops.series_minutes where day = %s"


@pytest.fixture(scope="module")
def production(engine: Engine) -> Iterator[Database]:
    with engine.database("production") as database:
        fill_production(database)
        yield database


def ledger(connection: Connection, market: str | None, cells: int) -> dict[str, list[tuple[str, int, float]]]:
    """Return state, cell and minutes of each stream, as the ledger's own query counts them."""
    until_at = begin_of(DAY) + timedelta(days=1)
    asked = {"market": market, "from_at": begin_of(DAY), "until_at": until_at, "cells": cells}
    found: dict[str, list[tuple[str, int, float]]] = {}
    for stream, state, cell, minutes in connection.execute(query("production/completeness/read_minutes"), asked):
        found.setdefault(stream, []).append((state, cell, minutes))
    return found


def worst(rows: list[tuple[str, int, float]]) -> STATES:
    """Return the worst state of each cell."""
    order = ("gap", "repaired", "covered", "proven", "halted", "idle")
    states = {cell: [state for state, each, _ in rows if each == cell] for _, cell, _ in rows}
    return {str(cell): min(found, key=order.index) for cell, found in states.items()}


def test_sums_are_those_of_the_ledger(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        sums = {(row[0], row[1]): row[2:] for row in connection.execute(SUMS, (DAY,)).fetchall()}
        for stream, rows in ledger(connection, None, CELLS).items():
            markets, minutes, states = sums[stream, ""]
            assert markets == (len(MARKETS) if stream == "orderbook_deltas" else 1)
            assert states == worst(rows)
            assert minutes == {state: sum(row[2] for row in rows if row[0] == state) for state, _, _ in rows}
    by_series = {series: row for (stream, series), row in sums.items() if stream == "orderbook_deltas" and series}
    assert {series: row[0] for series, row in by_series.items()} == {"KXA": 2, "KXB": 1, "<script>alert(1)</script>": 1}
    assert sums["orderbook_deltas", ""][1]["halted"] == 16 * len(MARKETS)
    for state in MINUTE_STATES:
        total = sum(row[1].get(state, 0) for row in by_series.values())
        assert total == sums["orderbook_deltas", ""][1].get(state, 0)


def test_strips_of_markets_are_those_of_the_ledger(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        rows = connection.execute(query("production/status_page/read_market_strips"), MARKETS_ASKED).fetchall()
        assert {row[0] for row in rows} == set(MARKETS)
        for market, minutes, states, names, matches in rows:
            wanted = ledger(connection, market, CELLS)["orderbook_deltas"]
            assert states == worst(wanted)
            known = {state: count for state, count in minutes.items() if count}
            assert known == {state: sum(row[2] for row in wanted if row[0] == state) for state, _, _ in wanted}
            assert names == matches == len(MARKETS)


def test_the_number_of_markets_looked_at_is_bounded(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        asked = MARKETS_ASKED | {"markets_max": 2}
        rows = connection.execute(query("production/status_page/read_market_strips"), asked).fetchall()
    assert len(rows) == 2
    assert {row[3:] for row in rows} == {(2, len(MARKETS))}


@pytest.mark.parametrize("market", [None, "KXA-1"])
def test_lost_minutes_are_those_of_the_ledger(production: Database, market: str | None) -> None:
    bounds = {"market": market, "gaps_max": 100}
    window = {"from_at": begin_of(DAY), "until_at": begin_of(DAY) + timedelta(days=1)}
    with production.connect("deduplicator") as connection:
        wanted = connection.execute(query("production/completeness/read_gaps"), window | bounds).fetchall()
    with production.connect() as connection:
        asked = {"day": DAY, "markets_max": 100} | bounds
        found = connection.execute(query("production/status_page/list_lost_minutes"), asked).fetchall()
    assert wanted
    assert found == wanted


def test_each_earlier_day_is_summed_up_in_turn_once_an_hour(production: Database) -> None:
    asked = {"cells": CELLS, "days_max": 3}
    today = datetime.now(UTC).date()
    with production.connect("deduplicator") as connection:
        connection.execute("delete from ops.series_minutes")
        connection.execute(query("production/monitoring/sum_up_minutes"), {"cells": CELLS})
        summed: list[Any] = []
        for _ in range(4):
            connection.execute(query("production/monitoring/sum_up_earlier_day"), asked)
            days = {row[0] for row in connection.execute("select day from ops.series_minutes").fetchall()}
            summed.append(sorted((today - day).days for day in days))
        connection.execute("select ops.sum_up_minutes(%s, %s)", (DAY, CELLS))
    assert summed == [[0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3]]
