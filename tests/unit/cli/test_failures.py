"""A database that cannot be used is reported in one line."""

import psycopg
import pytest

from kalshi_data.cli.failures import reported_failures

AWAY = (
    psycopg.OperationalError("connection refused"),
    psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction"),
    psycopg.errors.TransactionTimeout("terminating connection due to\ntransaction timeout"),
)


@pytest.mark.parametrize("error", AWAY, ids=lambda each: type(each).__name__)
def test_a_database_that_is_away_or_read_only(error: psycopg.Error, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"), reported_failures("deduplicator"):
        raise error
    assert capsys.readouterr().err == f"deduplicator: a database cannot be used: {' '.join(str(error).split())}\n"
