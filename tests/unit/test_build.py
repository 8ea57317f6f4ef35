"""build.py on machines that lack something."""

import importlib.util
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType, SimpleNamespace

import pytest

from tests.conftest import ROOT


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, pointed at a checkout without an environment."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("requirements.lock", "requirements-demo.lock"):
        (tmp_path / name).write_text(f"{name}==1\n")
    places = {"ROOT": "", "ENVIRONMENT": ".venv", "SCRIPTS": ".venv/bin", "PYTHON": ".venv/bin/python"}
    locks = {"DEMO": "requirements-demo.lock", "ALL": "requirements.lock"}
    for name, place in {**places, **locks}.items():
        monkeypatch.setattr(module, name, tmp_path / place)
    monkeypatch.setattr(module, "UV", None)
    return module


@pytest.fixture
def steps(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done to the environment: made, or something installed into it."""
    done = list[str]()

    def install(*arguments: str) -> None:
        done.append(Path(arguments[-1]).name)

    def make(environment: Path, **_: object) -> None:
        (environment / "bin").mkdir(parents=True)
        (environment / "bin" / "python").touch()
        done.append("made")

    monkeypatch.setattr(build.venv, "create", make)
    monkeypatch.setattr(build, "install", install)
    return done


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 15, 0)])
def test_an_older_python_ends_with_the_version_needed(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"build.py needs Python 3.11 to 3.14"):
        build.main(["demo"])


def test_a_python_without_venv_ends_with_the_command_that_installs_it(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(_: str) -> None:
        return None

    monkeypatch.setattr(build, "find_spec", found)
    with pytest.raises(SystemExit, match="sudo apt-get install python3-venv"):
        build.main(["demo"])


@pytest.mark.parametrize(("arguments", "words"), [(["--version"], ""), (["install", "./nothing"], "check the network")])
def test_a_failed_installation_ends_with_what_to_do(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    (build.ENVIRONMENT / "bin").mkdir(parents=True)
    monkeypatch.setattr(build, "PYTHON", Path("/bin/true" if not words else "/bin/false"))
    if not words:
        build.install(*arguments)
        assert not (build.ENVIRONMENT / "loading").exists()
        return
    with pytest.raises(SystemExit, match=words):
        build.install(*arguments)


@pytest.mark.usefixtures("steps")
def test_the_size_is_printed_and_compared_with_the_space(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build.ensure_packages(build.DEMO)
    assert capsys.readouterr().err == (
        "setting up .venv from requirements-demo.lock: 340 MB, about a minute, once ...\n"
    )

    def little(_: object) -> SimpleNamespace:
        return SimpleNamespace(free=500 << 20)

    monkeypatch.setattr(build.shutil, "disk_usage", little)
    with pytest.raises(SystemExit, match="has 500 MB free, and needs 1700 MB for packages: free some space"):
        build.ensure_packages(build.ALL)


def test_a_demo_gets_its_packages_and_tests_get_the_rest(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    def nothing(_: object) -> int:
        return 0

    monkeypatch.setattr(build, "COMMANDS", dict.fromkeys(("demo", "psql", "wheel", "test", "check"), nothing))
    demo = ["made", "requirements-demo.lock", build.ROOT.name]
    working_folder = Path.cwd()
    everything = [*demo, "requirements.lock"]
    for command, wanted in (("demo", demo), ("psql", demo), ("wheel", demo), ("test", everything)):
        assert build.main([command]) == 0
        assert build.main([command]) == 0
        assert steps == wanted
    os.chdir(working_folder)
    # Another lock of everything adds to the environment; another lock of a demo makes it again.
    build.ALL.write_text("other==1\n")
    build.main(["check"])
    build.DEMO.write_text("other==1\n")
    build.main(["check"])
    os.chdir(working_folder)
    assert steps == [*demo, "requirements.lock", "requirements.lock", *demo, "requirements.lock"]


def test_a_copied_environment_is_made_again(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    build.ensure_packages(build.DEMO)
    monkeypatch.setattr(build, "ROOT", ROOT / "tests")
    build.ensure_packages(build.DEMO)
    assert steps.count("made") == 2


def test_a_checkout_that_may_not_be_written_is_named(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory() as folder:
        monkeypatch.setattr(build, "ROOT", Path(folder))
        monkeypatch.setattr(build, "ENVIRONMENT", Path(folder) / ".venv")
        monkeypatch.setattr(build, "PYTHON", Path(folder) / ".venv/bin/python")
        monkeypatch.setattr(build, "find_spec", str)  # this Python may belong to another user
        monkeypatch.setattr(build, "DEMO", Path(folder) / "requirements-demo.lock")
        build.DEMO.touch()
        Path(folder).chmod(0o555)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65_534)
        try:
            with pytest.raises(SystemExit, match=rf"{folder}/.venv: Permission denied; .*a folder of yours") as end:
                build.main(["demo"])
        finally:
            os.seteuid(before)
            Path(folder).chmod(0o755)
        assert "\n" not in str(end.value)


def test_a_python_that_only_its_owner_may_enter_is_named(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Locked:
        def exists(self) -> bool:
            raise PermissionError(13, "Permission denied", "/locked/bin/python")

    monkeypatch.setattr(build, "PYTHON", Locked())
    with pytest.raises(SystemExit, match=r"/locked/bin/python: Permission denied; it needs .* for itself, which user"):
        build.main(["demo"])


def test_an_interruption_ends_with_one_line(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "ensure_packages", interrupt)
    assert build.main(["test"]) == 130
    assert capsys.readouterr().err == "build.py: interrupted\n"


def test_duckdb_is_installed_at_its_first_use(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    executed = list[object]()

    def execute(*arguments: object) -> None:
        executed.append(arguments)

    monkeypatch.setattr(build.os, "execv", execute)
    build.ENVIRONMENT.mkdir()
    entry = "duckdb-cli==1.5 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
    build.ALL.write_text(f"click==1 \\\n    --hash=sha256:22\n{entry}    # via kalshi-data\neditables==1\n")
    build.duckdb(["-c", "select 1"])
    assert (build.ENVIRONMENT / "duckdb.lock").read_text() == entry
    (build.SCRIPTS).mkdir()
    (build.SCRIPTS / "duckdb").touch()
    build.duckdb([])
    program = str(build.SCRIPTS / "duckdb")
    assert steps == ["duckdb.lock"]
    assert executed == [(Path(program), [program, "-c", "select 1"]), (Path(program), [program])]


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), ([], 0), (["dance"], 2)])
def test_help_lists_the_commands(
    build: ModuleType, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    assert build.main(arguments) == status
    output = capsys.readouterr().out
    assert all(f"\n  {command} " in output for command in build.COMMANDS)


def test_drills_are_played_if_they_are_asked_for_by_name(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[tuple[str, ...]]()

    def note(*command: str) -> None:
        asked.append(command)

    monkeypatch.setattr(build, "run_module", note)
    for rest in ([], ["drills"], ["-x"]):
        build.COMMANDS["deployment-test"](rest)
    usual, drills, other = asked
    folder = "tests/deployment/hosts/drills"
    assert f"--ignore={folder}" in usual
    assert other == (*usual, "-x")
    assert folder in drills
    assert all((ROOT / each.partition("::")[0]).exists() for each in drills[1:])
