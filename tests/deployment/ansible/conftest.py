"""Fixtures for the tests of the playbooks: Ansible and its linters in their own environment, and promtool."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.deployment.isolated_tool import isolated_tool
from tests.support.waiting import SECONDS_MAX

PLAYBOOKS = ROOT / "ansible"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that runs a program of Ansible on the playbooks, without the user's settings."""
    kept: Any = pytestconfig.cache
    programs = isolated_tool("ansible", kept.mkdir("tools"))
    home = str(tmp_path_factory.mktemp("home"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    own = {"HOME": home, "PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"}

    def run_program(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=PLAYBOOKS, env=clean | own, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
        )

    return run_program


@pytest.fixture(scope="session")
def promtool(pytestconfig: pytest.Config) -> Path:
    """Return promtool: the installed one, or the one from Debian's package, unpacked."""
    installed = shutil.which("promtool")
    if installed:
        return Path(installed)
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        pytest.skip("promtool is not installed and cannot be taken from a package: this is not Debian")
    kept: Any = pytestconfig.cache
    folder: Path = kept.mkdir("promtool")
    unpacked = folder / "usr/bin/promtool"
    if not unpacked.exists():
        subprocess.run(("apt-get", "-qq", "download", "prometheus"), cwd=folder, check=True, timeout=SECONDS_MAX)
        (package,) = folder.glob("prometheus_*.deb")
        subprocess.run(("dpkg-deb", "--extract", str(package), str(folder)), check=True)
        package.unlink()
    return unpacked
