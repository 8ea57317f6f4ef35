"""Give a database a new epoch if it was restored or moved, before anything is written to it."""

import structlog

from kalshi_data.database.connection import Connection, query

log = structlog.get_logger()


def recognise_instance(connection: Connection, component: str) -> bool:
    """Give a database a new epoch if it was restored or moved since the last call; return whether it was.

    `component` holds the database's identity: capture or registry.
    """
    row = connection.execute(query(f"{component}/record/recognise_instance")).fetchone()
    is_restored = row is not None and bool(row[1])
    if row and is_restored:
        log.warning("database restored or moved, a new epoch starts", component=component, epoch=str(row[0]))
    return is_restored
