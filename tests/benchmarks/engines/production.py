"""Production with a made-up hour, which the exporter writes to an archive."""

import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from psycopg import sql

from kalshi_data.database.connection import Connection
from kalshi_data.demo.postgres import embedded_binaries, server_account
from tests.benchmarks.reading.made_hour import BEGIN, MADE, STREAMS, HourSize, make_rows
from tests.benchmarks.replaying.benchmark import SQL as REPLAYED
from tests.support.engines import Database, Engine
from tests.support.exporting import export, mark, settings, states

SQL = Path(__file__).parent / "sql"
HOUR = timedelta(hours=1)
# The clock of a market passes this many values in an hour.
CLOCKS_PER_HOUR = 1_000_000
TABLES = {
    "orderbook_deltas": "market_data.hot_orderbook_deltas",
    "orderbook_snapshots": "market_data.hot_orderbook_snapshots",
    "trades": "market_data.hot_trades",
    "coverage": "ops.classified_minutes",
}
PARAMETERS = {"shared_buffers": "1GB", "max_wal_size": "4GB"}


@contextmanager
def production_of(folder: Path) -> Generator[Database]:
    """Run a server with an empty production until the block ends."""
    folder.chmod(0o711)
    account = server_account()
    engine = Engine("plain", folder / "server", embedded_binaries(account, folder), account, PARAMETERS)
    with engine.running(), engine.database("production") as production:
        yield production


def fill(production: Database, folder: Path, size: HourSize) -> None:
    """Insert a made-up hour into the tables of production."""
    folder.mkdir()
    made = {**MADE, "trades": REPLAYED["trades"], "coverage": SQL / "production" / "made_coverage.sql"}
    make_rows(folder, size, made)
    program = Path(sys.executable).parent / "duckdb"
    statements = [f"set timezone = 'UTC'; set variable clock_begin = {clock_begin()};"]
    statements += [f"copy ({(SQL / 'production' / f'{name}.sql').read_text()}) to '{name}.csv';" for name in TABLES]
    subprocess.run([program], input="\n".join(statements), cwd=folder, check=True, text=True)
    with production.connect() as connection:
        for name, table in TABLES.items():
            if STREAMS[name].table == table:
                connection.execute("select timeseries.ensure_partition(%s, %s)", (table, BEGIN))
            copy_rows(connection, table, folder / f"{name}.csv")
    shutil.rmtree(folder)


def copy_rows(connection: Connection, table: str, path: Path) -> None:
    """Copy a file with a line of names into a table."""
    target = sql.Identifier(*table.split("."))
    with path.open("rb") as file:
        columns = sql.SQL(", ").join(map(sql.Identifier, file.readline().decode().strip().split(",")))
        statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(target, columns)
        with connection.cursor().copy(statement) as copy:
            while data := file.read(1 << 20):
                copy.write(data)
    connection.execute(sql.SQL("vacuum (analyze) {}").format(target))


def clock_begin() -> int:
    """Return how far the clocks of all markets are when the hour begins."""
    return int(BEGIN.timestamp()) // 3600 * CLOCKS_PER_HOUR


def export_hour(production: Database, folder: Path) -> Path:
    """Let the exporter write the hour and compare it with production; return the folder of the streams.

    Raises:
        RuntimeError: an hour of a stream was not verified.
    """
    with production.connect() as connection:
        # Production knows nothing of the time before, so the books at the beginning of the hour are not due.
        streams = [stream for stream in STREAMS.values() if stream.hours == 1 and stream.name != "books"]
        mark(connection, BEGIN, streams=[stream.name for stream in streams])
        export(settings(production, folder), streams=streams, from_at=BEGIN, until_at=BEGIN + HOUR, early=True)
        found = {stream.name: states(connection, stream.name)[BEGIN] for stream in streams}
    if set(found.values()) != {"verified"}:
        raise RuntimeError(f"the exporter did not verify each stream: {found}")
    return folder / "bucket" / "parquet"
