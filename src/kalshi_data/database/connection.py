"""PostgreSQL: connections, and the SQL files of this project by name."""

import math
import random
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import make_conninfo

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS_MAX = 5
# A peer that vanishes without closing the connection is noticed after this time, not after the kernel's two hours.
SILENCE_SECONDS_MAX = 10
CLIENT_PARAMETERS = {
    "connect_timeout": CONNECT_SECONDS_MAX,
    "keepalives_idle": SILENCE_SECONDS_MAX,
    "keepalives_interval": SILENCE_SECONDS_MAX // 2,
    "keepalives_count": 2,
    "tcp_user_timeout": SILENCE_SECONDS_MAX * 1000,
}
# The same from the server's side: a session whose client vanished must not keep locks and places for hours.
# PostgreSQL lets any role set these, so they hold on every server. The units are seconds, or milliseconds if not given.
SESSION_SETTINGS = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20s",
    "client_connection_check_interval": "5s",
    "idle_in_transaction_session_timeout": "60s",
}
# For a session that holds a snapshot while another one reads from it, perhaps for a whole hour of rows.
LONG_TRANSACTION = {"idle_in_transaction_session_timeout": "30min"}
# A session's memory and temporary tables hold back the server's clean-up, so a connection is renewed about daily.
RENEW_SECONDS_MAX = 86_400.0


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
    own = {"statement_timeout": str(round(statement_seconds_max * 1000))}
    options = _options({**SESSION_SETTINGS, **own, **(parameters or {})})
    names = {"application_name": application_name, "client_encoding": "utf8"}
    whole = make_conninfo(conninfo, **names, options=options, **CLIENT_PARAMETERS)
    connection = SupervisedConnection.connect(whole, autocommit=True)
    try:
        # libpq passes variables such as PGDATESTYLE on, and they would win over options.
        connection.execute(query("sessions/use_exact_values"))
    except BaseException:
        connection.close()
        raise
    return connection


def _options(settings: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def renewal_time() -> float:
    """Return until when (monotonic) a connection opened now is kept; random, so that not all are renewed at once."""
    return time.monotonic() + RENEW_SECONDS_MAX * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load


class SupervisedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that does not wait for ever for an answer that got lost on its way.

    The kernel notices a peer that vanished, but not a proxy or a firewall that keeps the connection and forwards
    nothing. So a client that has heard nothing for a while asks the server over a second connection whether the session
    still works on the statement. If it does not, twice in a row, or if the server cannot be reached, the first
    connection is closed. A slow statement goes on.
    """

    silence_seconds_max: ClassVar[float] = SILENCE_SECONDS_MAX

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an operation of libpq as psycopg does.

        Raises:
            psycopg.OperationalError: the server does not work on the statement, and no answer arrives.
        """
        try:
            wanted = next(gen)
        except StopIteration as done:
            return done.value
        return super().wait(self._supervise(gen, wanted), interval, timeout)

    def _supervise(self, gen: PQGen[RV], wanted: Any) -> PQGen[RV]:
        """Pass on what `gen` waits for, and look at the session while nothing arrives."""
        patience_seconds, doubts = self.silence_seconds_max, 0
        silent_since = time.monotonic()
        try:
            while True:
                ready = yield wanted
                if ready:
                    doubts, silent_since, patience_seconds = 0, time.monotonic(), self.silence_seconds_max
                elif time.monotonic() - silent_since >= patience_seconds:
                    doubts = 0 if self._is_working() else doubts + 1
                    if doubts > 1:
                        self._give_up()
                    silent_since = time.monotonic()
                    patience_seconds = self.silence_seconds_max / (2 if doubts else 1)
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value

    def _is_working(self) -> bool:
        """Ask the server whether the session executes a statement; a server that refuses connections counts as busy."""
        try:
            with psycopg.connect(conninfo_of(self), autocommit=True) as asking:
                row = asking.execute(query("sessions/is_working"), {"pid": self.info.backend_pid}).fetchone()
        except psycopg.OperationalError as error:
            return "FATAL" in str(error)
        return row == (True,)

    def _give_up(self) -> None:
        self.pgconn.finish()
        raise psycopg.OperationalError(
            "the server does not work on the statement, and its answer has not arrived:"
            " the network between does not forward; connecting again"
        )


def conninfo_of(connection: Connection, **changes: str) -> str:
    """Return the conninfo of a connection with its password; it is only passed to a library in memory."""
    known = connection.info.get_parameters()
    password = {"password": connection.info.password} if connection.info.password else {}
    return make_conninfo("", **{**known, **password, **changes})


class ReconnectingConnection:
    """A connection that is opened when it is first needed, and again after it was closed; for one thread at a time."""

    # Whether a connection that is about a day old is closed.
    _is_renewed = True

    def __init__(self, conninfo: str, *, application_name: str, statement_seconds_max: float = 0) -> None:
        """Prepare to connect as connect() does."""
        self._conninfo = conninfo
        self._application_name = application_name
        self._statement_seconds_max = statement_seconds_max
        self._connection: Connection | None = None
        self._renew_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the next get() returns a connection without opening one."""
        return self._connection is not None

    def get(self) -> Connection:
        """Return the open connection, or open one; one that is about a day old is renewed.

        Raises:
            psycopg.OperationalError: the database cannot be reached.
        """
        if time.monotonic() >= self._renew_at:
            self.close()
        if self._connection is None:
            self._connection = self._open()
            self._renew_at = renewal_time() if self._is_renewed else math.inf
        return self._connection

    def _open(self) -> Connection:
        """Open a connection that is ready for use."""
        return connect(
            self._conninfo,
            application_name=self._application_name,
            statement_seconds_max=self._statement_seconds_max,
        )

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
