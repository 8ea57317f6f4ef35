"""What is damaged in an archive is a finding with its file and its reason, of each command that reads files alone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from kalshi_data.deduplicator.cli import main
from tests.integration.archive.test_coverage import ops
from tests.integration.archive.test_minute_check import archive
from tests.support.coverage import T0, at
from tests.support.engines import Database
from tests.support.exporting import manifest_of, part, toml

__all__ = ["archive", "ops"]

NAMES = ("coverage", "orderbook_deltas", "trades")
Damage = Callable[[Path, str], None]


def cut(folder: Path, name: str) -> None:
    path = part(folder, name, T0)
    path.write_bytes(path.read_bytes()[:-10])


def lose(folder: Path, name: str) -> None:
    part(folder, name, T0).unlink()


def lose_manifest(folder: Path, name: str) -> None:
    manifest_of(folder, name, T0).unlink()


def miscount(folder: Path, name: str) -> None:
    path = manifest_of(folder, name, T0)
    manifest = json.loads(path.read_bytes())
    path.write_text(json.dumps(manifest | {"rows": manifest["rows"] + 1}))


def spoil(folder: Path, name: str) -> None:
    path = manifest_of(folder, name, T0)
    path.write_bytes(path.read_bytes()[:-10])


def lose_stream(folder: Path, name: str) -> None:
    shutil.rmtree(part(folder, name, T0).parents[2])
    shutil.rmtree(manifest_of(folder, name, T0).parents[1])


# What verify and minute say of a file.
DAMAGE: dict[Damage, tuple[str, str]] = {
    cut: ("its manifest says", "its manifest says"),
    lose: ("is missing", "is missing"),
    lose_manifest: ("has no manifest", "the archive holds no"),
    miscount: ("rows, its manifest says", "rows, its manifest says"),
    spoil: ("is not a manifest", "is not a manifest"),
}


def run(production: Database, folder: Path, *command: str) -> Result:
    return CliRunner().invoke(main, [*command, "--config", str(toml(production, folder))])


def minute(production: Database, folder: Path) -> Result:
    return run(production, folder, "archive", "minute", "--market", "KXA-1", "--at", at(10).isoformat())


def verify(production: Database, folder: Path, *streams: str) -> Result:
    # Later hours have no coverage yet, which is a finding of its own.
    chosen = ["--to", at(180).isoformat(), *(option for each in streams for option in ("--stream", each))]
    return run(production, folder, "archive", "verify", "--offline", *chosen)


def shown(result: Result) -> str:
    """Return what a person reads of a command that found something wrong; an error of Python is none."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def test_each_damage_is_a_finding_with_its_file_and_its_reason(production: Database, archive: Path) -> None:
    assert verify(production, archive, *NAMES).exit_code == 0
    shutil.copytree(archive / "bucket", archive / "whole")
    for name in NAMES:
        for damage, (verified, of_minute) in DAMAGE.items():
            damage(archive, name)
            found = shown(verify(production, archive, *NAMES))
            assert verified in found, (name, damage)
            assert f"{name}/date={T0:%Y-%m-%d}" in found.replace(" ", ""), (name, damage)
            assert of_minute in (answer := shown(minute(production, archive))), (name, damage)
            assert name in answer
            shutil.rmtree(archive / "bucket")
            shutil.copytree(archive / "whole", archive / "bucket")


def test_an_archive_without_coverage_is_a_finding(production: Database, archive: Path) -> None:
    lose_stream(archive, "coverage")
    assert "the archive holds no coverage of" in shown(verify(production, archive, *NAMES))
    assert "the archive holds no coverage of that hour" in shown(minute(production, archive))
    assert verify(production, archive, "trades").exit_code == 0
