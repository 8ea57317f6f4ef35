"""Work that continues after errors of the database, without a database."""

import threading
from contextlib import nullcontext
from typing import Any, cast

import psycopg
import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.database.reconnecting import run_reconnecting
from kalshi_data.service.retry import Backoff


def run(outcomes: list[bool | Exception]) -> tuple[int, list[str], int]:
    """Run work with one outcome for each connection; return connections, errors and the failures counted."""
    stop, backoff, errors = threading.Event(), Backoff(seconds_max=0.0), list[str]()
    opened = 0

    def open_connection() -> Connection:
        nonlocal opened
        opened += 1
        return cast("Any", nullcontext())

    def work(_connection: Connection) -> bool:
        outcome = outcomes[opened - 1]
        if opened == len(outcomes):
            stop.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    run_reconnecting(open_connection, work, lambda error: errors.append(str(error)), stop, backoff)
    return opened, errors, backoff.attempts


def test_each_failure_is_reported_and_followed_by_a_new_connection() -> None:
    away = psycopg.OperationalError("server closed the connection\n")
    assert run([away, away, True]) == (3, ["server closed the connection\n"] * 2, 2)


def test_work_that_cannot_begin_yet_is_tried_again_after_a_pause() -> None:
    assert run([False, False, True]) == (3, [], 2)


@pytest.mark.parametrize(
    "error", [psycopg.ProgrammingError("no such table"), ZeroDivisionError("no row"), RecursionError("too deep")]
)
def test_no_error_ends_the_work(error: Exception) -> None:
    assert run([error, True]) == (2, [str(error)], 1)
