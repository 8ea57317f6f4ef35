"""Installs a tool whose dependencies do not fit the project's own into an environment of its own.

checkov demands an old boto3, and the ansible package is a third of a gigabyte: neither belongs beside the programs.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

import uv

REQUIREMENTS = Path(__file__).with_name("requirements")


def run_uv(*arguments: str) -> None:
    """Run uv and show what it says if it fails."""
    done = subprocess.run([uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def isolated_tool(name: str, cache: Path) -> Path:
    """Return the folder of the programs of requirements/<name>.lock, installing them once per change of that file."""
    requirements = REQUIREMENTS / f"{name}.lock"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    environment = cache / f"{name}-{digest}"
    finished = environment / "finished"
    if not finished.exists():
        run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
        run_uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(environment), str(requirements))
        finished.touch()
    return environment / "bin"
