"""What an error of PostgreSQL asks of a program: wait and try again, refuse a row, or fail the one task."""

from enum import Enum

import psycopg


class Failure(Enum):
    """What the program does after an error."""

    AWAY = "away"  # The database cannot work now: try the same again later.
    ROW_REFUSED = "row refused"  # The database does not take this row: divide the batch, and quarantine the row.
    OUR_FAULT = "fault of this program"  # No repeat and no other row helps: this one task fails, and reports it.


# SQLSTATE classes by the table of error codes in PostgreSQL's manual.
AWAY_CLASSES = frozenset(
    {
        "08",  # connection exception
        "28",  # invalid authorization specification
        "3D",  # invalid catalog name: the database does not exist yet
        "40",  # transaction rollback: deadlock, serialization
        "53",  # insufficient resources: disk, memory, connections
        "55",  # object not in prerequisite state: in use, lock not available
        "57",  # operator intervention: shutdown, recovery, cancelled statement
        "58",  # system error: input and output
        "F0",  # configuration file error
    }
)
# Single conditions of class 25, which otherwise means that the program mixes up its transactions.
AWAY_STATES = frozenset(
    {
        "25006",  # read only: the server is a standby, or became one
        "25P03",  # idle in transaction for too long
        "25P04",  # transaction took too long
    }
)
# A server that reports it in an answer could not read what it was sent, as rows of another type than the table's.
FAULT_STATES = frozenset({"08P01"})
ROW_CLASSES = frozenset(
    {
        "22",  # data exception
        "23",  # integrity constraint violation
        "44",  # with check option violation
        "54",  # program limit exceeded: a value is too long for an index, a payload is nested too deep
    }
)


def failure_of(error: psycopg.Error) -> Failure:
    """Return what an error asks for, by its SQLSTATE; an error that the client raised itself has none."""
    state = error.sqlstate
    if state is None:
        return _failure_of_client(error)
    if state in FAULT_STATES:
        return Failure.OUR_FAULT
    if state[:2] in AWAY_CLASSES or state in AWAY_STATES:
        return Failure.AWAY
    return Failure.ROW_REFUSED if state[:2] in ROW_CLASSES else Failure.OUR_FAULT


def _failure_of_client(error: psycopg.Error) -> Failure:
    if isinstance(error, psycopg.OperationalError):
        return Failure.AWAY
    return Failure.ROW_REFUSED if isinstance(error, psycopg.DataError) else Failure.OUR_FAULT
