"""Inserts reports of coverage into production as the merge does, for tests of completeness."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kalshi_data.database.connection import Connection

EPOCH = UUID(int=1)
# Noon of yesterday: everything in these tests has settled, and no hour of them is of another day.
T0 = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)

SUBSCRIPTION = """
insert into ops.subscriptions values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (gatherer_id, epoch, connection_id, sid, market_ticker, began_at) do update
set ended_at = excluded.ended_at, end_reason = excluded.end_reason
"""
HEARTBEAT = """
insert into ops.heartbeats values (%s, %s, %s, now(), '{}')
on conflict (gatherer_id) do update set (epoch, beat_at, read_at) = (excluded.epoch, excluded.beat_at, now())
"""
CONNECTION = """
insert into ops.connections values (%s, %s, %s, 'books-1', 'wss://', false, %s, %s, 'closed', 1)
on conflict (gatherer_id, epoch, connection_id) do update set closed_at = excluded.closed_at
"""
GAP = "insert into ops.gaps values (%s, %s, %s, 1, 1, %s, 5, 9, %s, %s, %s, %s)"


def at(minutes: float) -> datetime:
    """Return the time some minutes after T0."""
    return T0 + timedelta(minutes=minutes)


def cover(
    connection: Connection,
    gatherer: int,
    began: float,
    ended: float | None,
    *,
    ticker: str = "KXA-1",
    channel: str = "orderbook_delta",
    reason: str = "closed",
    epoch: UUID = EPOCH,
) -> None:
    """Record that a gatherer covered a market; without an end it still does."""
    end = (None, None) if ended is None else (at(ended), reason)
    connection.execute(SUBSCRIPTION, (gatherer, epoch, gatherer, 1, channel, ticker, at(began), *end))


def beat(connection: Connection, gatherer: int, minute: float, epoch: UUID = EPOCH) -> None:
    """Record a gatherer's last heartbeat."""
    connection.execute(HEARTBEAT, (gatherer, epoch, at(minute)))


def close(connection: Connection, gatherer: int, minute: float, epoch: UUID = EPOCH) -> None:
    """Record that a gatherer's only connection ended."""
    connection.execute(CONNECTION, (gatherer, epoch, gatherer, at(0), at(minute)))


def connect(connection: Connection, gatherer: int, minute: float) -> None:
    """Record that a connection of an earlier database of a gatherer opened."""
    epoch = UUID(int=2 + abs(int(2 * minute)))
    connection.execute(CONNECTION, (gatherer, epoch, gatherer, at(minute), at(minute + 1)))


def miss(
    connection: Connection, gatherer: int, began: float, ended: float, repair: str | None, channel: str = "trade"
) -> None:
    """Record a gap of a gatherer, and how it was repaired."""
    repaired = None if repair is None else at(ended + 1)
    connection.execute(GAP, (gatherer, EPOCH, int(began * 60), channel, at(began), at(ended), repaired, repair))


def minutes(multirange: Iterable[Any]) -> list[tuple[float, float]]:
    """Return the bounds of a multirange in minutes after T0."""
    return [((each.lower - T0).total_seconds() / 60, (each.upper - T0).total_seconds() / 60) for each in multirange]
