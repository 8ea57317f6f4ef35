"""A second classification of minutes, which computes and writes the state of each market in each minute.

It is what ops.advance_minutes has to agree with while it leaves alone what did not change.
"""

from pathlib import Path
from typing import Any

from kalshi_data.database.connection import Connection

FOLDER = Path(__file__).with_name("eager_minutes")
DUE = "insert into eager.market_minutes_due select * from ops.market_minutes_due"


def create_eager_minutes(superuser: Connection) -> None:
    """Create the second classification in production."""
    for name in ("create_tables", "classify_minutes", "reclassify_minutes", "advance_minutes"):
        superuser.execute((FOLDER / f"{name}.sql").read_bytes())
    superuser.execute("grant usage on schema eager to deduplicator")
    superuser.execute("grant all on all tables in schema eager to deduplicator")


def advance_both(production: Connection, minutes_max: int) -> list[tuple[Any, ...]]:
    """Classify settled minutes in both ways, and return the days of markets in which they differ."""
    production.execute("select ops.schedule_rechecks()")
    production.execute("select ops.check_books()")
    production.execute("select ops.end_determined_markets(now() - interval '9 days'), ops.update_market_times()")
    production.execute(DUE)
    eager = production.execute("select classified_until from eager.advance_minutes(%s)", (minutes_max,)).fetchall()
    steady = production.execute("select classified_until from ops.advance_minutes(%s)", (minutes_max,)).fetchall()
    assert steady == eager
    return production.execute((FOLDER / "differences.sql").read_bytes()).fetchall()
