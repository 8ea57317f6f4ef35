"""A production whose server keeps its write-ahead log as one with backups does, and a record of its backups."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.monitoring.measurements import Backups
from kalshi_data.demo.postgres import server_account
from tests.conftest import BOUNDED, ROOT
from tests.support.engines import Database, Engine
from tests.support.waiting import wait_until

FILES = ROOT / "sql/backups"
# The log is kept if a file of this name is in the folder of the server's data.
KEEPS = "keeps_the_log"
SETTINGS = {"wal_level": "replica", "archive_mode": "on", "archive_command": f"test -e {KEEPS}"}


@contextmanager
def archiving_production(engine: Engine, folder: Path) -> Generator[Database]:
    """Run a server of its own, which cannot keep its log yet."""
    own = Engine(
        engine.name, folder / f"archiving-{engine.name}", engine.binaries, server_account(), BOUNDED | SETTINGS
    )
    with own.running() as running, running.database("production") as production:
        yield production


def record_backup(engine: Engine, production: Database, kind: str) -> None:
    """Record a backup, as its unit does after it."""
    run_on_host(engine, production, "record_backup", f"--set=kind={kind}")


def run_on_host(engine: Engine, production: Database, name: str, *more: str) -> None:
    """Run a file of sql/backups, as production's own host does."""
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *more, f"--file={FILES / name}.sql")
    subprocess.run((engine.binaries / "psql", *options, production.conninfo()), check=True)


def read_backups(production: Database) -> Backups | None:
    """Return what a deduplicator reads of them."""
    with production.connect("deduplicator") as connection:
        row = connection.execute(query("production/status/read_backups")).fetchone()
    return Backups(*row) if row else None


def wait_for_log(engine: Engine, production: Database, *, is_failing: bool) -> None:
    """Write the log until the server has noticed that it cannot, or can, keep it."""

    def noticed() -> bool:
        # Each finished file lets the server try again.
        record_backup(engine, production, "full")
        with production.connect() as connection:
            connection.execute("select pg_switch_wal()")
        found = read_backups(production)
        return found is not None and (found.failing_seconds > 0) == is_failing

    wait_until(noticed, f"the log fails to be kept: {is_failing}")
