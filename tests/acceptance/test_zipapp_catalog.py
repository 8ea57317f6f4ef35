"""The catalogue's program as a single file: beside the deduplicator's, which runs it, where it is asked for."""

import json
import os
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from kalshi_data.archive.schemas import ARCHIVED
from tests.conftest import ROOT
from tests.support.made_archive import NAMESPACE, MadeArchive
from tests.support.s3 import KEY, SECRET, Moto, client

SIZE_MAX = 95e6
SETTINGS = """
[production]
runtime.conninfo = "dbname=nowhere"
owner.conninfo = "dbname=nowhere"
[archive]
target = "{target}"
workspace_folder = "{workspace}"
{more}
[[gatherers]]
id = 1
kalshi_ts.conninfo = "dbname=nowhere"
kalshi_meta.conninfo = "dbname=nowhere"
"""
# What a run on a host loads, with production's records and with either catalogue.
LOAD = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import kalshi_data.archive.catalog as package
for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
from kalshi_data.deduplicator.catalog import cli
from pyiceberg.catalog import glue, sql
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both programs, as a host has them."""
    folder = tmp_path_factory.mktemp("release")
    wanted = ("--program", "deduplicator", "--program", "catalog", "--output", folder / "dist")
    subprocess.run([sys.executable, ROOT / "build.py", "zipapps", *wanted], check=True, stdout=subprocess.DEVNULL)
    return folder / "dist"


def run(programs: Path, *command: str, **variables: str) -> str:
    # The Python of this environment would find in it what a file lacks.
    path = f"{sys.base_prefix}/bin:/usr/bin:/bin"
    environment = {"PATH": path, "SHIV_ROOT": str(programs.parent / "unpacked"), **variables}
    program, *arguments = command
    done = subprocess.run(
        [programs / program, *arguments], capture_output=True, check=False, env=environment, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def register(programs: Path, made: MadeArchive, *command: str, more: str = "", **variables: str) -> dict[str, Any]:
    """Register an archive, and return what was done by stream."""
    settings = made.folder / "deduplicator.toml"
    target, workspace = made.settings.target, made.settings.workspace_folder
    settings.write_text(SETTINGS.format(target=target, workspace=workspace, more=more))
    asked = ("--config", str(settings), "--offline", "--json", "--iceberg", made.address)
    printed = json.loads(run(programs, *command, *asked, **variables))
    assert printed["complete"]
    return {table["stream"]: table for table in printed["tables"]}


def test_it_holds_iceberg_and_the_deduplicator_does_not(programs: Path) -> None:
    assert (programs / "catalog").stat().st_size <= SIZE_MAX
    packages = dict[str, set[str]]()
    for program in ("catalog", "deduplicator"):
        with zipfile.ZipFile(programs / program) as archive:
            packages[program] = {name.split("/")[1] for name in archive.namelist() if name.count("/") > 1}
    needed = {"pyiceberg", "boto3", "pyarrow", "sqlalchemy"}
    assert needed <= packages["catalog"]
    assert not {"adbc_driver_postgresql", "websockets", "moto", "_pytest"} & packages["catalog"]
    assert "pyiceberg" not in packages["deduplicator"]
    listed = {each["name"] for each in msgspec.json.decode((programs / "catalog.cdx.json").read_bytes())["components"]}
    assert needed <= listed
    sums = (programs / "SHA256SUMS").read_text().split()[1::2]
    assert sums == ["deduplicator", "deduplicator.cdx.json", "catalog", "catalog.cdx.json"]


def test_everything_in_it_loads_from_it_alone(programs: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(programs / "catalog") as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith("site-packages/")])
    # Without -S this environment's own packages would stand in for what is missing.
    command = [sys.executable, "-I", "-S", "-c", LOAD, tmp_path / "site-packages"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_version_and_help(programs: Path) -> None:
    assert run(programs, "catalog", "--version").startswith("kalshi-catalog ")
    assert "Examples:" in run(programs, "catalog", "--help")
    assert "--iceberg" in run(programs, "catalog", "register", "--help")


def test_it_registers_an_archive_and_the_deduplicator_runs_it(programs: Path, tmp_path: Path) -> None:
    made = MadeArchive(tmp_path)
    made.fill()
    done = register(programs, made, "catalog", "register")
    assert {stream.name: (2, 10) for stream in ARCHIVED} == {
        name: (each["added"], each["rows"]) for name, each in done.items()
    }
    catalog = SqlCatalog("kalshi", uri=made.address.removeprefix("sql:"))
    assert catalog.load_table((NAMESPACE, "trades")).scan().count() == 10
    again = register(programs, made, "deduplicator", "archive", "catalog")
    assert {(each["added"], each["commits"], each["rows"]) for each in again.values()} == {(0, 0, 10)}


def test_it_registers_a_bucket_in_glue(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    chosen = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    with Moto().running() as moto:
        bucket = f"archive-{uuid.uuid4().hex}"
        client(moto.url).create_bucket(Bucket=bucket)
        made = MadeArchive(tmp_path, f"s3://{bucket}", endpoint_url=moto.url, region="us-east-1")
        made.address = "glue"
        made.fill()
        more = f'endpoint_url = "{moto.url}"\nregion = "us-east-1"'
        done = register(programs, made, "catalog", "register", more=more, AWS_ENDPOINT_URL_GLUE=moto.url, **chosen)
    assert {(each["added"], each["rows"]) for each in done.values()} == {(2, 10)}
