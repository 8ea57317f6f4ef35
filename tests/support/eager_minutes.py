"""A second classification of minutes, which computes and writes the state of each market in each minute.

It is what ops.advance_minutes has to agree with while it leaves alone what did not change.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kalshi_data.database.connection import Connection

FOLDER = Path(__file__).with_name("eager_minutes")
NAMES = (
    "create_tables",
    "end_determined_markets",
    "update_market_times",
    "classify_minutes",
    "reclassify_minutes",
    "advance_minutes",
)
DUE = "insert into eager.market_minutes_due select * from ops.market_minutes_due"


def create_eager_minutes(superuser: Connection) -> None:
    """Create the second classification in production."""
    for name in NAMES:
        superuser.execute((FOLDER / f"{name}.sql").read_bytes())
    superuser.execute("grant usage on schema eager to deduplicator")
    superuser.execute("grant all on all tables in schema eager to deduplicator")


def update_expected(production: Connection, since: datetime) -> None:
    """Update what is expected of changed markets, and check that reading all markets would change nothing more."""
    production.execute("select ops.update_expected(%s)", (since,))
    again = "select eager.end_determined_markets(%s), eager.update_market_times()"
    assert production.execute(again, (since,)).fetchone() == (0, 0)


def advance_both(production: Connection, minutes_max: int) -> list[tuple[Any, ...]]:
    """Classify settled minutes in both ways, and return the days of markets in which they differ."""
    production.execute("select ops.schedule_rechecks()")
    production.execute("select ops.check_books()")
    update_expected(production, datetime.now(UTC) - timedelta(days=9))
    production.execute(DUE)
    eager = production.execute("select classified_until from eager.advance_minutes(%s)", (minutes_max,)).fetchall()
    steady = production.execute("select classified_until from ops.advance_minutes(%s)", (minutes_max,)).fetchall()
    assert steady == eager
    return production.execute((FOLDER / "differences.sql").read_bytes()).fetchall()
