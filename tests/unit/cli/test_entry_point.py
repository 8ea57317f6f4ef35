"""A single-file program names the Python that it is made for."""

import sys

import pytest

from kalshi_data.cli import entry_point
from kalshi_data.version import Release

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize("python", ["", RUNNING, "3.2"])
@pytest.mark.parametrize("program", ["gatherer", "deduplicator"])
def test_another_python_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], python: str, program: str
) -> None:
    """Its packages are compiled for one Python; on another one, an import deep inside of them would fail."""
    monkeypatch.setattr(entry_point, "read_release", lambda: Release("1.0", "abc", "now", python))
    monkeypatch.setattr(sys, "argv", [program, "--help"])
    with pytest.raises(SystemExit) as ended:
        entry_point.start(program)
    if python != "3.2":
        assert "Examples:" in capsys.readouterr().out
        return
    assert str(ended.value.code).startswith(
        f"{program}: this file is made for Python 3.2, but runs on {RUNNING}: start it"
    )
    monkeypatch.setattr(sys, "argv", [program, "--version"])
    entry_point.start(program)
    assert program in capsys.readouterr().out
