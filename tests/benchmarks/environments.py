"""Environments for other people's programs, whose dependencies are not this project's."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def interpreter_for(lock: Path) -> Path:
    """Return the Python of an environment with what a lock file names, made again when the file changes.

    Raises:
        RuntimeError: it could not be installed, with the reason.
    """
    folder = ROOT / ".pytest_cache" / lock.stem
    made_from = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp, python = folder / "made-from.sha256", folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != made_from:
        uv("venv", "--clear", "--python", sys.executable, str(folder))
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
