"""Remove from production what is old, and what the archive holds if the database gets too large."""

from collections.abc import Collection

import msgspec
import psycopg
import structlog

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.storage_settings import EXPIRABLE, ProductionRetentionSettings
from kalshi_data.errors import NoRoom

log = structlog.get_logger()

# More than any ten minutes bring, so that what is old goes; few enough for a short transaction.
DELETED_ROWS_MAX = 50_000
# Of each stream in one transaction.
PACKED_PARTITIONS_MAX = 10
# Another session holds a lock on the table. The partitions can be dropped later, so upkeep does not wait.
TABLE_IN_USE = (psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


def drop_archived(
    production: Connection, retention: ProductionRetentionSettings, streams: Collection[str] = EXPIRABLE
) -> None:
    """Remove partitions of streams that are old enough, archived and verified."""
    for stream, days in retention.days().items():
        if stream not in streams:
            continue
        try:
            with production.transaction():
                asked = {"stream": stream, "days_min": days}
                dropped = production.execute(query("production/retention/drop_hours"), asked)
            for name, began_at, ended_at in dropped.fetchall():
                log.info("archived partition dropped", partition=name, began_at=began_at, ended_at=ended_at)
        except TABLE_IN_USE as error:
            log.info("partitions are in use, trying again later", stream=stream, error=str(error).strip())


def drop_packed(production: Connection, stream: str | None = None) -> bool:
    """Remove some of the partitions that packing has emptied, of a stream or all; return whether there may be more."""
    try:
        with production.transaction():
            asked = {"stream": stream, "partitions_max": PACKED_PARTITIONS_MAX}
            dropped = production.execute(query("production/packing/drop_packed_partitions"), asked).fetchall()
    except TABLE_IN_USE as error:
        log.info("packed partitions are in use, trying again later", stream=stream, error=str(error).strip())
        return False
    for name, began_at, ended_at in dropped:
        log.info("packed partition dropped", partition=name, began_at=began_at, ended_at=ended_at)
    return len(dropped) >= PACKED_PARTITIONS_MAX


def delete_old(production: Connection, retention: ProductionRetentionSettings, line_checks_days: int) -> None:
    """Remove old rows of the tables without partitions."""
    days = msgspec.json.encode({**retention.days_of_tables(), "line_checks": line_checks_days}).decode()
    asked = {"days_min": days, "rows_max": DELETED_ROWS_MAX}
    for table, rows in production.execute(query("production/retention/delete_old_rows"), asked).fetchall():
        log.info("old rows deleted", table=table, rows=rows)


def record_storage(production: Connection) -> None:
    """Record how much space production takes, and how much of that may not be dropped."""
    production.execute(query("production/retention/record_storage"), {"streams": list(EXPIRABLE)})


def drop_for_space(production: Connection, bytes_max: int) -> bool | None:
    """Remove the oldest archived partition if production exceeds `bytes_max`.

    Returns:
        Whether there was one; None if there may be one, which is in use.
    """
    asked = {"streams": list(EXPIRABLE), "bytes_max": bytes_max}
    try:
        with production.transaction():
            dropped = production.execute(query("production/retention/drop_for_space"), asked).fetchone()
    except TABLE_IN_USE as error:
        log.info("partitions are in use, trying again later", error=str(error).strip())
        return None
    if dropped:
        stream, name, began_at, ended_at = dropped
        log.info("archived partition dropped for space", stream=stream, partition=name, began=began_at, ended=ended_at)
        return True
    return False


def make_room(production: Connection, bytes_max: int) -> bool:
    """Remove the oldest archived partition if production is too large; return whether there was one.

    Raises:
        NoRoom: production is too large, and none may be dropped.
    """
    if not bytes_max:
        return False
    if (is_dropped := drop_for_space(production, bytes_max)) is not False:
        return is_dropped is True
    row = production.execute(query("production/retention/read_database_bytes")).fetchone()
    if row and row[0] > bytes_max:
        raise NoRoom(
            f"production has {row[0]:,} bytes, more than {bytes_max:,}, and holds nothing older than a day that is "
            "archived and verified: look at deduplicator archive status, or raise [retention] database_bytes_max"
        )
    return False


def relieve_disk(production: Connection) -> None:
    """Remove the oldest archived partition, because production's disk is full, whatever the bound.

    Raises:
        NoRoom: none may be dropped.
    """
    if drop_for_space(production, 0) is False:
        raise NoRoom(
            "the disk of production is full, and it holds nothing older than a day that is archived and verified: free "
            "space on the disk, or enlarge it; nothing is lost meanwhile, the gatherers keep what is not merged"
        )
