"""Merges made-up rows of one stream batch after batch, for tests of what a merge file does."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from psycopg import sql

from kalshi_data.database.connection import Connection, query
from kalshi_data.streams import STREAMS, Stream
from tests.support.staging import NOW

Row = dict[str, Any]
Value = TypeVar("Value")
# The beginning of a day and of an hour.
MIDNIGHT = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=2)
# Gatherers send these digests with each row, by their sync views.
DIGESTS = {
    "lifecycle_events": "update stage set payload_sha256 = sha256(convert_to(payload::text, 'UTF8'))",
    "tickers": """
update stage set values_sha256 = ops.ticker_digest(
    time_digits, market_id, last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, last_trade_size, volume,
    open_interest, dollar_volume, dollar_open_interest
)
""",
}
CONTENTS = """
select date_trunc('hour', t.{time_column}), string_agg(t::text, ' ' order by t::text) from {target} as t group by 1
"""
TIMED = {"trades", "orderbook_deltas", "tickers", "lifecycle_events", "index_values"}


def digest(*values: object) -> bytes:
    return hashlib.sha256(repr(values).encode()).digest()


def after(seconds: float) -> datetime:
    return MIDNIGHT + timedelta(seconds=seconds)


def stage(production: Connection, name: str, rows: Iterable[Row]) -> None:
    """Put rows into the stage; a column that is not given is null."""
    for row in rows:
        given = {
            "ingest_xid": "1",
            **({} if "received_at" in row or name not in TIMED else {"received_at": after(9)}),
            **row,
        }
        statement = sql.SQL("insert into stage ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, given)),
            sql.SQL(", ").join(map(sql.Placeholder, given)),
        )
        production.execute(statement, given)
    if name in DIGESTS:
        production.execute(DIGESTS[name].encode())


def merged(
    production: Connection, name: str, batches: Sequence[Sequence[Row]], statements: Iterable[str]
) -> list[list[str]]:
    """Merge batch after batch and return what production then holds; nothing of it stays."""
    stream = next(each for each in STREAMS if each.name == name)
    with production.transaction(force_rollback=True):
        for batch in batches:
            stage(production, name, batch)
            if stream.time_column:
                target = {"target": stream.target, "time_column": stream.time_column}
                production.execute(query(f"production/reject/{name}"), {"late_days_max": 400})
                production.execute(query("production/stage/prepare_partitions"), target)
            merge_and_check_hours(production, stream)
            production.execute("delete from stage")
        return [
            sorted(repr(row) for row in production.execute(statement.encode()).fetchall()) for statement in statements
        ]


def merge_and_check_hours(production: Connection, stream: Stream) -> None:
    """Merge what is staged; the archive must learn of each hour in which any row is new, changed or gone."""
    before = contents_by_hour(production, stream)
    result = production.execute(query(f"production/merge/{stream.name}")).fetchall()
    changed = {hour for hour, _ in before ^ contents_by_hour(production, stream)}
    assert changed <= {hour for _, hour, _ in result}, f"{stream.name} changed hours that its merge does not return"


def contents_by_hour(production: Connection, stream: Stream) -> set[tuple[datetime, str]]:
    """Return each hour of a stream that the archive holds by the hour, with all of its rows."""
    if not (stream.is_archived and stream.time_column):
        return set()
    statement = sql.SQL(CONTENTS).format(
        time_column=sql.Identifier(stream.time_column), target=sql.Identifier(*stream.target.split("."))
    )
    return set(production.execute(statement).fetchall())


def deal(rows: Sequence[Value], cuts: Iterable[int]) -> list[Sequence[Value]]:
    """Cut rows into batches."""
    places = [0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    return [rows[first:last] for first, last in pairwise(places)]
