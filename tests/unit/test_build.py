"""build.py on machines that lack something."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT


@pytest.fixture
def build(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, pointed at an environment that does not exist."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ENVIRONMENT", tmp_path_factory.mktemp("environment") / ".venv")
    monkeypatch.setattr(module, "UV", None)
    return module


def test_an_older_python_ends_with_the_version_needed(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit, match=r"build.py needs Python 3.11 or later"):
        build.ensure_environment()


def test_a_python_without_venv_ends_with_the_command_that_installs_it(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(_: str) -> None:
        return None

    monkeypatch.setattr(build, "find_spec", found)
    with pytest.raises(SystemExit, match="sudo apt-get install python3-venv"):
        build.ensure_environment()


def test_a_failed_installation_ends_with_what_to_do(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1)

    monkeypatch.setattr(build.subprocess, "run", fail)
    with pytest.raises(SystemExit, match="check the network, then run it again"):
        build.install("--requirement", "requirements.lock")


def test_a_copied_environment_is_made_again(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def install(*_: str) -> None:
        return None

    def make(environment: Path, **_: object) -> None:
        (environment / "bin").mkdir(parents=True)
        made.append(environment)

    monkeypatch.setattr(build, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(build.venv, "create", make)
    monkeypatch.setattr(build, "install", install)
    build.ensure_environment()
    build.ensure_environment()
    assert len(made) == 1

    monkeypatch.setattr(build, "ROOT", ROOT / "copied")
    build.ensure_environment()
    assert len(made) == 2


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), ([], 0), (["dance"], 2)])
def test_help_lists_the_commands(
    build: ModuleType, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    assert build.main(arguments) == status
    output = capsys.readouterr().out
    assert all(f"\n  {command} " in output for command in build.COMMANDS)


def test_every_check_is_run_and_the_failed_ones_are_named(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "SCRIPTS", Path("/bin"))
    monkeypatch.setattr(build, "CHECKS", (("sh", "-c", "echo unformatted; exit 1"), ("echo", "all well")))
    assert build.check([]) == 1
    printed = capfd.readouterr()
    *outputs, summary = printed.out.splitlines()
    assert sorted(outputs) == ["all well", "unformatted"]  # they run beside each other, in any order
    assert summary == "check: 1 passed, 1 failed"
    assert printed.err == "check failed: sh -c echo unformatted; exit 1\n"
    monkeypatch.setattr(build, "CHECKS", (("true",),))
    assert build.check([]) == 0


def test_the_lock_serves_every_platform(build: ModuleType) -> None:
    assert "--universal" in build.RESOLVE
    assert "--generate-hashes" in build.RESOLVE
