"""Set up this checkout and run its jobs; needs only git and Python 3.11 or later with venv.

usage: python3 build.py COMMAND [ARGUMENT ...]

  demo      the whole platform on this machine, ending with a comparison   (demo --help)
  test      every test of the programs                      (arguments go to pytest)
  check     every formatter, linter and type checker, and the tests of the infrastructure
  format    let every formatter change the files
  bench     benchmarks: bench [NAME] [--seconds N] [--report FILE]
  psql      open a database that demo --keep left: psql FOLDER DATABASE
  zipapps   dist/gatherer and dist/deduplicator as single files             (zipapps --help)
  deployment-test  what needs root on Debian or takes long: hosts, and binaries for other processors
  docs      write the generated parts of the documentation
  lock      resolve requirements.lock again from pyproject.toml

Examples:
  python3 build.py demo --seconds 10
  python3 build.py test tests/unit -k sequence
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
SCRIPTS = ENVIRONMENT / "bin"
PYTHON = SCRIPTS / "python"
LOCK = ROOT / "requirements.lock"
FORMATTERS = (
    ("ruff", "check", "--fix", "--exit-zero", "--quiet", "."),
    ("ruff", "format", "--quiet", "."),
    ("sqlfluff", "format", "--disable-progress-bar", "sql"),
    ("python", "-m", "tests.deployment.terraform.format"),
)
UV = shutil.which("uv")
RESOLVE = ("--quiet", "--universal", "--generate-hashes", "--no-header", "--all-extras", "--upgrade")
INFRASTRUCTURE = ("tests/deployment/terraform", "tests/deployment/ansible")
# Tests run in as many processes as there are cores.
PARALLEL = ("--numprocesses=logical", "--maxprocesses=8")
DEPLOYMENT = ("tests/deployment", *(f"--ignore={folder}" for folder in INFRASTRUCTURE))
# The longest begins first.
CHECKS = (
    ("pytest", "--quiet", *INFRASTRUCTURE, "tests/readers"),
    ("sqlfluff", "lint", "--disable-progress-bar", "sql"),
    ("basedpyright", "--level", "warning"),
    ("ruff", "format", "--check", "--quiet", "."),
    ("ruff", "check", "--quiet", "."),
)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    command, *rest = arguments or ["--help"]
    if command in ("-h", "--help") or command not in COMMANDS:
        print(__doc__)
        return 0 if command in ("-h", "--help") else 2
    in_use = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(in_use, fcntl.LOCK_EX)  # if two start at once, only one makes .venv
    ensure_environment()
    os.close(in_use)
    if command not in ("demo", "psql"):  # these take paths, which are relative to the user's folder
        os.chdir(ROOT)
    return COMMANDS[command](rest)


def ensure_environment() -> None:
    """Make .venv from the lock file, unless it was made from the same one, in this folder."""
    stamp = ENVIRONMENT / "made-from.sha256"
    made_from = hashlib.sha256(LOCK.read_bytes() + bytes(ROOT)).hexdigest()
    if stamp.is_file() and stamp.read_text() == made_from and PYTHON.exists():
        return
    if sys.version_info < (3, 11):
        sys.exit(f"build.py needs Python 3.11 or later, this is {sys.version.split()[0]}: install it and use that one")
    print("setting up .venv from requirements.lock (about a minute, once) ...", file=sys.stderr, flush=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    if UV:
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT], check=True)
    elif find_spec("ensurepip") is None:
        sys.exit("this Python has no venv: sudo apt-get install python3-venv (or install Python from python.org)")
    else:
        venv.create(ENVIRONMENT, with_pip=True, symlinks=True)
    install("--require-hashes", "--requirement", str(LOCK))
    install("--no-build-isolation", "--no-deps", "--editable", str(ROOT))
    stamp.write_text(made_from)


def install(*arguments: str) -> None:
    """Install into .venv with uv if it is installed, else with pip."""
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    tool = [UV, "pip", "install", "--quiet", "--python", str(PYTHON)] if UV else pip
    if subprocess.run([*tool, *arguments], check=False).returncode != 0:
        sys.exit(f"build.py could not install {' '.join(arguments)}: see above; check the network, then run it again")


def run_module(*command: str) -> int:
    """Replace this process by the environment's Python, so that signals and the exit status are the module's own."""
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", *command])  # noqa: S606 - there is no shell to want here


def check(_: Sequence[str]) -> int:
    """Run every check, one per core at a time, even after one failed, and print which failed."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        passed = list(threads.map(run_check, CHECKS))
    for command in (each for each, ok in zip(CHECKS, passed, strict=True) if not ok):
        print(f"check failed: {' '.join(command)}", file=sys.stderr)
    print(f"check: {passed.count(True)} passed, {passed.count(False)} failed")
    return 0 if all(passed) else 1


def run_check(command: Sequence[str]) -> bool:
    """Run one check, print what it printed when it has ended, and return whether it passed."""
    done = subprocess.run(
        [SCRIPTS / command[0], *command[1:]], check=False, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    )
    print(done.stdout, end="", flush=True)
    return done.returncode == 0


def format_files(_: Sequence[str]) -> int:
    """Run every formatter, even after one failed."""
    return max(abs(subprocess.run([SCRIPTS / each[0], *each[1:]], check=False).returncode) for each in FORMATTERS)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": lambda rest: run_module("kalshi_data.demo", *rest),
    "test": lambda rest: run_module("pytest", *PARALLEL, *rest),
    "psql": lambda rest: run_module("kalshi_data.demo.psql", *rest),
    "check": check,
    "format": format_files,
    "bench": lambda rest: run_module("tests.benchmarks", *rest),
    "zipapps": lambda rest: run_module("kalshi_data.release", *rest),
    "deployment-test": lambda rest: run_module("pytest", "--exitfirst", *DEPLOYMENT, *rest),
    "docs": lambda rest: run_module("tests.docs", *rest),
    "lock": lambda rest: run_module("uv", "pip", "compile", *RESOLVE, "pyproject.toml", "-o", str(LOCK), *rest),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
