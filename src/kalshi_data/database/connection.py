"""PostgreSQL: connections, and the SQL files of this project by name."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS_MAX = 5
# A peer that vanishes without a word is noticed after this time, not after the kernel's two hours.
SILENCE_SECONDS_MAX = 10


def connect(
    conninfo: str,
    *,
    application_name: str,
    statement_seconds_max: float = 0,
    parameters: Mapping[str, str] | None = None,
) -> Connection:
    """Open a connection in autocommit mode, in UTC; transactions are opened where they are meant.

    `parameters` are settings of PostgreSQL for this connection.

    Raises:
        psycopg.OperationalError: the database cannot be reached.
    """
    chosen = {"timezone": "UTC", "statement_timeout": str(round(statement_seconds_max * 1000)), **(parameters or {})}
    return psycopg.connect(
        conninfo,
        autocommit=True,
        application_name=application_name,
        connect_timeout=CONNECT_SECONDS_MAX,
        options=" ".join(f"-c {name}={value}" for name, value in chosen.items()),
        keepalives_idle=SILENCE_SECONDS_MAX,
        keepalives_interval=SILENCE_SECONDS_MAX // 2,
        keepalives_count=2,
        tcp_user_timeout=SILENCE_SECONDS_MAX * 1000,
    )


def sql_folder() -> Traversable:
    """Return the folder of SQL files: inside an installed package, beside the sources in a checkout."""
    packaged = files("kalshi_data") / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "sql"


@cache
def query(name: str) -> bytes:
    """Return the text of sql/<folder>/queries/<query>.sql, named "folder/query".

    Raises:
        FileNotFoundError: there is no such query.
    """
    folder, _, stem = name.partition("/")
    return (sql_folder() / folder / "queries" / f"{stem}.sql").read_bytes()
