"""The schema that all migrations together create, as files in which a reviewer sees every change.

A file per database holds what both engines share: tables, keys, indexes, grants and the signatures of functions. A
file per engine lists what only that engine has. Bodies of functions and views are left out: each has its own file in
the folder sql.
"""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT, MakeDatabase
from tests.support.engines import Database, Engine

GOLDEN = ROOT / "tests" / "golden"
DATABASES = ("kalshi_ts", "kalshi_meta", "production")
REMEDY = "read the change, then run: python3 build.py test -k golden --update-golden"
# The comment that pg_dump writes above each object.
HEADER = re.compile(r"^-- Name: .+; Type: (.+?); Schema: .*$", re.MULTILINE)
# What differs between runs or does not describe the schema.
NOISE = re.compile(r"^(--.*|\\.*|SET .*|SELECT pg_catalog\.set_config.*|)\n", re.MULTILINE)
BODY = re.compile(r"\n    (AS \$|RETURN |BEGIN ATOMIC).*", re.DOTALL)
# What only one engine has; TimescaleDB puts this trigger on every hypertable.
PARTITIONED = re.compile(r"\nPARTITION BY .*(?=;)")
ON_ONE_ENGINE = re.compile(r"CREATE EXTENSION|CREATE TRIGGER ts_insert_blocker")


def dump(engine: Engine, database: Database) -> str:
    command = [engine.binaries / "pg_dump", "--schema-only", "--no-owner", "--dbname", database.conninfo()]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def statements(text: str) -> Iterator[str]:
    """Yield the statement that creates each object of a dump, without bodies; skip comments."""
    _, *parts = HEADER.split(text)
    for kind, part in zip(parts[::2], parts[1::2], strict=True):
        statement = NOISE.sub("", part)
        if kind == "FUNCTION":
            yield BODY.sub(";\n", statement)
        elif kind == "VIEW":
            yield re.sub(r" AS\n.*", ";\n", statement, flags=re.DOTALL)
        elif kind != "COMMENT":
            yield statement


def split(text: str) -> tuple[str, list[str]]:
    """Split a dump into the statements that both engines share and those of this engine only."""
    shared: list[str] = []
    own: list[str] = []
    for statement in statements(text):
        if ON_ONE_ENGINE.match(statement):
            own.append(statement.strip())
            continue
        if partitioned := PARTITIONED.search(statement):
            own.append(f"{statement.split(' (')[0]} {partitioned[0].strip()};")
        shared.append(PARTITIONED.sub("", statement).replace(" ON ONLY ", " ON "))
    return "".join(shared), own


def assert_current(name: str, found: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / name
    if request.config.getoption("--update-golden"):
        path.write_text(found)
    assert path.read_text() == found, REMEDY


@pytest.mark.parametrize("kind", DATABASES)
def test_golden_schema_is_current(
    engine: Engine, make_database: MakeDatabase, kind: str, request: pytest.FixtureRequest
) -> None:
    shared, _ = split(dump(engine, make_database(kind)))
    assert_current(f"{kind}.sql", shared, request)


def test_golden_list_of_each_engine_is_current(
    engine: Engine, make_database: MakeDatabase, request: pytest.FixtureRequest
) -> None:
    own = [f"{kind}: {line}\n" for kind in DATABASES for line in split(dump(engine, make_database(kind)))[1]]
    assert_current(f"{engine.name}.txt", "".join(own), request)
