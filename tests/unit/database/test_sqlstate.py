"""What an error of PostgreSQL asks for, condition by condition, and that every condition has an answer."""

import psycopg
import pytest
from psycopg.errors import lookup

from kalshi_data.database.sqlstate import Failure, failure_of

AWAY = (
    ("08000", "connection exception"),
    ("08006", "connection failure"),
    ("25006", "read-only transaction: a standby answers"),
    ("25P03", "idle in transaction for too long"),
    ("25P04", "transaction took too long"),
    ("28000", "role may not log in"),
    ("28P01", "wrong password, perhaps while it changes"),
    ("3D000", "no such database yet"),
    ("40001", "serialization failure"),
    ("40P01", "deadlock"),
    ("53100", "disk full"),
    ("53200", "out of memory"),
    ("53300", "too many connections"),
    ("55006", "object in use"),
    ("55P03", "lock not available"),
    ("57014", "statement cancelled or too slow"),
    ("57P01", "shutdown by the administrator"),
    ("57P03", "cannot connect now"),
    ("57P05", "idle for too long"),
    ("58030", "input or output error"),
)
ROW_REFUSED = (
    ("22003", "number out of range"),
    ("22007", "no time"),
    ("22021", "byte sequence that is not in the encoding"),
    ("22P02", "text that is not of its type"),
    ("22P04", "broken COPY data"),
    ("22P05", "character without an equivalent"),
    ("23502", "null where none may be"),
    ("23505", "duplicate key"),
    ("23514", "check, or no partition for the row"),
    ("44000", "with check option"),
    ("54000", "value too long for an index"),
    ("54001", "payload nested too deep"),
)
OUR_FAULT = (
    ("08P01", "rows of another type than the table's"),
    ("0A000", "not supported"),
    ("21000", "a command would affect a row twice"),
    ("25001", "a transaction within another"),
    ("25P02", "a failed transaction"),
    ("42501", "no right to do it"),
    ("42601", "syntax"),
    ("42703", "no such column"),
    ("42P01", "no such table"),
    ("42883", "no such function"),
    ("P0001", "raised by a function"),
    ("XX000", "internal error"),
    ("XX001", "damaged data"),
)


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (state, failure)
        for failure, states in (
            (Failure.AWAY, AWAY),
            (Failure.ROW_REFUSED, ROW_REFUSED),
            (Failure.OUR_FAULT, OUR_FAULT),
        )
        for state, _ in states
    ],
)
def test_sqlstate_decides(state: str, wanted: Failure) -> None:
    assert failure_of(lookup(state)()) is wanted


def test_state_and_not_python_class_decides() -> None:
    too_long = lookup("54000")
    assert issubclass(too_long, psycopg.OperationalError)
    assert failure_of(too_long()) is Failure.ROW_REFUSED


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (psycopg.OperationalError("the connection is closed"), Failure.AWAY),
        (psycopg.errors.ConnectionTimeout("connection timeout expired"), Failure.AWAY),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), Failure.ROW_REFUSED),
        (psycopg.ProgrammingError("the query has 2 placeholders but 1 parameters were passed"), Failure.OUR_FAULT),
        (psycopg.InterfaceError("the cursor is closed"), Failure.OUR_FAULT),
    ],
)
def test_error_of_client_is_sorted_by_its_kind(error: psycopg.Error, wanted: Failure) -> None:
    assert error.sqlstate is None
    assert failure_of(error) is wanted
