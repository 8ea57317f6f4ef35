"""PostgreSQL: connections, and the SQL files of this project by name."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS_MAX = 5
# A peer that vanishes without closing the connection is noticed after this time, not after the kernel's two hours.
SILENCE_SECONDS_MAX = 10


def connect(
    conninfo: str,
    *,
    application_name: str,
    statement_seconds_max: float = 0,
    parameters: Mapping[str, str] | None = None,
) -> Connection:
    """Open a connection in autocommit mode, in UTC; callers open transactions explicitly.

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


def conninfo_of(connection: Connection, **changes: str) -> str:
    """Return the conninfo of a connection with its password; it is only passed to a library in memory."""
    known = connection.info.get_parameters()
    password = {"password": connection.info.password} if connection.info.password else {}
    return make_conninfo("", **{**known, **password, **changes})


class ReconnectingConnection:
    """A connection that is opened when it is first needed, and again after it was closed; for one thread at a time."""

    def __init__(self, conninfo: str, *, application_name: str, statement_seconds_max: float = 0) -> None:
        """Prepare to connect as connect() does."""
        self._conninfo = conninfo
        self._application_name = application_name
        self._statement_seconds_max = statement_seconds_max
        self._connection: Connection | None = None

    @property
    def is_open(self) -> bool:
        """Whether the next get() returns a connection without opening one."""
        return self._connection is not None

    def get(self) -> Connection:
        """Return the open connection, or open one.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        if self._connection is None:
            self._connection = connect(
                self._conninfo,
                application_name=self._application_name,
                statement_seconds_max=self._statement_seconds_max,
            )
        return self._connection

    @contextmanager
    def use(self) -> Generator[Connection]:
        """Yield the connection, and close it if PostgreSQL or the network raises an error in the block.

        Raises:
            psycopg.Error: the database cannot be reached, or the block failed.
        """
        try:
            yield self.get()
        except psycopg.Error:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection if one is open; the next get() opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


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
