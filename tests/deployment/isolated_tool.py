"""Installs the tools of ansible/ and terraform/ into environments of their own.

checkov demands an old boto3, and the ansible package is a third of a gigabyte: neither belongs beside the programs.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

import uv

ROOT = Path(__file__).parents[2]


def run_uv(*arguments: str) -> None:
    """Run uv and show its error output if it fails."""
    done = subprocess.run([uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def isolated_tool(folder: str, cache: Path) -> Path:
    """Return the folder of the programs of <folder>/requirements.lock, installed once per change of that file."""
    requirements = ROOT / folder / "requirements.lock"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    environment = cache / f"{folder}-{digest}"
    finished = environment / "finished"
    with (cache / f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two processes that start at once, one installs
        if not finished.exists():
            run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
            run_uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(environment), str(requirements))
            finished.touch()
    return environment / "bin"
