"""The same tables in Glue, with the archive in a bucket; the command takes its settings from a file."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest

from kalshi_data.archive.catalog.connection import open_catalog
from kalshi_data.archive.partitions import STREAMS
from tests.support.made_archive import HOUR, MIDNIGHT, NAMESPACE, MadeArchive
from tests.support.s3 import KEY, SECRET, Moto, client

TRADES, MARKETS = STREAMS["trades"], STREAMS["markets"]
MAKE: Any = boto3.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moto]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with Moto().running() as running:
        chosen = {"ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": SECRET, "EC2_METADATA_DISABLED": "true"}
        for name, value in {**chosen, "ENDPOINT_URL_GLUE": running.url}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        yield running


@pytest.fixture
def made(moto: Moto, tmp_path: Path) -> MadeArchive:
    bucket = f"archive-{uuid.uuid4().hex}"
    client(moto.url).create_bucket(Bucket=bucket)
    archive = MadeArchive(tmp_path, f"s3://{bucket}", endpoint_url=moto.url, region="us-east-1")
    archive.address = "glue"
    return archive


def prices(made: MadeArchive) -> list[str]:
    table = open_catalog("glue", NAMESPACE, made.settings).catalog.load_table((NAMESPACE, "trades"))
    return sorted(str(price) for price in table.scan().to_arrow()["yes_price"].to_pylist())


def test_glue_lists_what_is_in_the_bucket(made: MadeArchive, moto: Moto) -> None:
    made.put(TRADES, MIDNIGHT, rows=1, seed=1)
    made.put(TRADES, MIDNIGHT + HOUR, rows=1, seed=2)
    made.put(MARKETS, MIDNIGHT)
    assert {name: each.added for name, each in made.register(TRADES, MARKETS).items()} == {"trades": 2, "markets": 1}
    made.put(TRADES, MIDNIGHT, rows=1, seed=3)
    assert made.register(TRADES)["trades"].replaced == 1
    assert prices(made) == ["2.000000", "3.000000"]
    glue = MAKE("glue", endpoint_url=moto.url, region_name="us-east-1")
    found = glue.get_table(DatabaseName=NAMESPACE, Name="trades")["Table"]
    assert found["Parameters"]["table_type"] == "ICEBERG"
    columns = {each["Name"]: (each["Type"], each.get("Comment")) for each in found["StorageDescriptor"]["Columns"]}
    assert columns["yes_price"] == ("decimal(18,6)", "US dollars")


def test_the_command_registers_and_prints(made: MadeArchive, moto: Moto) -> None:
    made.put(TRADES, MIDNIGHT)
    config = made.folder / "deduplicator.toml"
    config.write_text(
        f"""
[production]
runtime.conninfo = "dbname=nowhere"
owner.conninfo = "dbname=nowhere"

[archive]
target = "{made.settings.target}"
endpoint_url = "{moto.url}"
region = "us-east-1"
workspace_folder = "{made.folder / "workspace"}"

[[gatherers]]
id = 1
kalshi_ts.conninfo = "dbname=nowhere"
kalshi_meta.conninfo = "dbname=nowhere"
"""
    )
    command = [sys.executable, "-m", "kalshi_data.deduplicator", "archive", "catalog", "--config", str(config)]
    asked = [*command, "--iceberg", "glue", "--namespace", "research", "--offline", "--stream", "trades"]
    done = subprocess.run([*asked, "--json"], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    (table,) = json.loads(done.stdout)["tables"]
    assert (table["table"], table["added"], table["rows"]) == ("research.trades", 1, 5)
    shown = subprocess.run(asked, capture_output=True, check=False, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "trades" in shown.stdout
