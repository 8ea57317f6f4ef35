"""The schema after all migrations, for a reviewer to read as a whole and to see change."""

import re
import subprocess

import pytest

from tests.conftest import ROOT, MakeDatabase
from tests.support.engines import Database, Engine

GOLDEN = ROOT / "tests" / "golden"
# What differs between runs or says nothing about the schema.
NOISE = re.compile(r"^(--|\\|SET |SELECT pg_catalog\.set_config|$)")


def dump(engine: Engine, database: Database) -> str:
    command = [engine.binaries / "pg_dump", "--schema-only", "--no-owner", "--dbname", database.conninfo()]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    lines = [line for line in done.stdout.splitlines() if not NOISE.match(line)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", ["kalshi_ts", "kalshi_meta", "production"])
def test_golden_schema_is_current(
    engine: Engine, make_database: MakeDatabase, kind: str, request: pytest.FixtureRequest
) -> None:
    path = GOLDEN / engine.name / f"{kind}.sql"
    found = dump(engine, make_database(kind))
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found)
    assert path.read_text() == found, "read the change, then: python3 build.py test -k golden --update-golden"
