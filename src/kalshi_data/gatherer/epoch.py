"""Which database this is: one that was rebuilt or restored gets another identity before anything is written to it."""

import structlog

from kalshi_data.database.connection import Connection, query

log = structlog.get_logger()


def recognise_instance(connection: Connection, component: str) -> bool:
    """Give a database a new epoch where it was restored or moved since the last look; return whether it was.

    `component` is the one that holds the database's identity: capture or registry.
    """
    row = connection.execute(query(f"{component}/record/recognise_instance")).fetchone()
    is_restored = row is not None and bool(row[1])
    if row and is_restored:
        log.warning("database restored or moved, a new epoch begins", component=component, epoch=str(row[0]))
    return is_restored
