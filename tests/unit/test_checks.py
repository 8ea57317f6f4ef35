"""The checks of the tree, and the files of packages."""

from pathlib import Path

import pytest

from tests.checks import __main__ as checks
from tests.conftest import ROOT


def test_every_check_is_run_and_the_failed_ones_are_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "SCRIPTS", Path("/bin"))
    monkeypatch.setattr(checks, "CHECKS", (("sh", "-c", "echo unformatted; exit 1"), ("echo", "all well")))
    assert checks.check() == 1
    printed = capfd.readouterr()
    *outputs, summary = printed.out.splitlines()
    assert sorted(outputs) == ["all well", "unformatted"]  # they run beside each other, in any order
    assert summary == "check: 1 passed, 1 failed"
    assert printed.err == "check failed: sh -c echo unformatted; exit 1\n"
    monkeypatch.setattr(checks, "CHECKS", (("true",),))
    assert checks.check() == 0


def test_every_formatter_is_run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(checks, "SCRIPTS", Path("/bin"))
    monkeypatch.setattr(checks, "FORMATTERS", (("false",), ("echo", "formatted")))
    assert checks.format_files() == 1
    assert capfd.readouterr().out == "formatted\n"


def test_the_locks_serve_every_platform() -> None:
    assert "--universal" in checks.RESOLVE
    assert "--generate-hashes" in checks.RESOLVE


def test_all_sql_is_linted_but_the_schemas_that_a_server_writes() -> None:
    folders = [ROOT / folder for folder in (*checks.SQL, "tests/golden")]
    files = [file for top in ("sql", "src", "tests") for file in (ROOT / top).rglob("*.sql")]
    assert len(files) > 100
    assert [file for file in files if not any(file.is_relative_to(folder) for folder in folders)] == []
