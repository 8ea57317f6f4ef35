"""Environments for other people's programs, whose dependencies are not this project's."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

MANAGED_PYTHONS = (Path.home() / ".pyenv" / "versions", Path("/opt/python"))


class PythonMissing(RuntimeError):
    """No such Python is on this machine, and uv cannot fetch one."""


def find_python(version: str, otherwise: str = "") -> str:
    """Return a Python of a version; without one in its usual folders uv looks for `otherwise`, and may fetch it."""
    found = [path for folder in MANAGED_PYTHONS for path in folder.glob(f"{version}*/bin/python{version}")]
    return str(sorted(found)[-1]) if found else otherwise or version


def interpreter_for(lock: Path, base: str = sys.executable) -> Path:
    """Return the Python of an environment with what a lock file names, made again when the file changes.

    Raises:
        PythonMissing: there is no `base`.
        RuntimeError: it could not be installed, with the reason.
    """
    folder = ROOT / ".pytest_cache" / lock.stem
    made_from = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp, python = folder / "made-from.sha256", folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != made_from:
        try:
            uv("venv", "--clear", "--python", base, str(folder))
        except RuntimeError as error:
            raise PythonMissing(str(error)) from error
        # The cache of the user would keep a copy per checkout of what is built from source: 1 GB of Spark.
        uv("pip", "install", "--no-cache", "--require-hashes", "--python", str(python), "--requirement", str(lock))
        stamp.write_text(made_from)
    return python


def uv(*arguments: str) -> None:
    """Run uv; what it installs from source needs a C compiler.

    Raises:
        RuntimeError: it failed.
    """
    program = Path(sys.executable).parent / "uv"
    done = subprocess.run([program, *arguments, "--quiet"], capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"uv {' '.join(arguments)} failed: {done.stderr.strip()}")
