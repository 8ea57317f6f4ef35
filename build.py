"""Set up this checkout and run its jobs; needs only git and Python 3.11 to 3.14 with venv.

usage: python3 build.py COMMAND [ARGUMENT ...]

  demo      the whole platform on this machine, ending with a comparison   (demo --help)
  test      every test of the programs    (arguments go to pytest: test tests/unit -k sequence)
  check     every formatter, linter and type checker, and the tests of the infrastructure
  format    let every formatter change the files
  bench     benchmarks: bench [NAME] [--seconds N] [--report FILE]
  campaign  faults by seed on the whole platform, judged by what the exchange published   (campaign --help)
  psql      open a database that demo --keep left: psql FOLDER DATABASE
  pages     the status pages of a demo that --keep left: pages FOLDER
  duckdb    query an archive: duckdb -c "from 'FOLDER/parquet/trades/**/*.parquet'"
  zipapps   dist/gatherer and dist/deduplicator as single files             (zipapps --help)
  wheel     the package, for readers of an archive: pip install dist/kalshi_data-*.whl[reader]
  deployment-test  what needs root on Debian or takes long: hosts, and other processors; deployment-test drills
  docs      write the generated parts of the documentation
  lock      resolve the files of packages, requirements*.lock, again from pyproject.toml
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT, SCRIPTS, PYTHON = ROOT / ".venv", ROOT / ".venv" / "bin", ROOT / ".venv" / "bin" / "python"
# What a demo needs, and everything. The second holds the first, in the same versions.
DEMO, ALL, UV = ROOT / "requirements-demo.lock", ROOT / "requirements.lock", shutil.which("uv")
MEGABYTES = {DEMO.name: 340, ALL.name: 850}
WHEELS, INSTALLED = "loading/*/*.whl", "lib/*/site-packages/*.dist-info"
PARALLEL = (f"--numprocesses={min((os.cpu_count() or 1) + 1, 8)}",)  # one more than cores, since tests also wait
ELSEWHERE = ("terraform", "ansible", "hosts/drills")  # drills take half an hour and are wanted by name
DEPLOYMENT = ("--exitfirst", "tests/deployment", *(f"--ignore=tests/deployment/{each}" for each in ELSEWHERE))
DRILLS = ("tests/deployment/hosts/test_life.py::test_bare_hosts_become_a_platform", "tests/deployment/hosts/drills")
OF_DEMO = ("demo", "pages", "psql", "duckdb")  # these take paths of the user's folder, and need only a demo's packages
OF_PACKAGE = {"demo": "kalshi_data.demo", "psql": "kalshi_data.demo.psql", "zipapps": "kalshi_data.release"}
OF_TESTS = {"bench": "tests.benchmarks", "campaign": "tests.campaign", "docs": "tests.docs"}
MODULES = {**OF_PACKAGE, **OF_TESTS, "pages": "kalshi_data.demo.pages"}


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    command, *rest = arguments or ["--help"]
    if command in ("-h", "--help") or command not in COMMANDS:
        print(__doc__)
        return 0 if command in ("-h", "--help") else 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without its bytecode a program starts in 2.2 s instead of 0.9
    try:
        in_use = os.open(ROOT, os.O_RDONLY)
        fcntl.flock(in_use, fcntl.LOCK_EX)  # if two start at once, only one makes .venv
        for lock in (DEMO,) if command in (*OF_DEMO, "wheel") else (DEMO, ALL):
            ensure_packages(lock)
        os.close(in_use)
        if command not in OF_DEMO:
            os.chdir(ROOT)
        return COMMANDS[command](rest)
    except KeyboardInterrupt:
        print("build.py: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        advice = f"it needs {ROOT} for itself, which user {ROOT.stat().st_uid} owns"
        sys.exit(f"build.py: {error.filename}: {error.strerror}; {advice}: clone the repository into a folder of yours")


def ensure_packages(lock: Path) -> None:
    """Install what a lock file names into .venv, unless that was done with the same file, in this folder."""
    stamp = ENVIRONMENT / f"{lock.name}.sha256"
    made_from = hashlib.sha256(lock.read_bytes() + bytes(ROOT)).hexdigest()
    if PYTHON.exists() and stamp.is_file() and stamp.read_text() == made_from:
        return
    if not (3, 11) <= sys.version_info < (3, 15):
        sys.exit(f"build.py needs Python 3.11 to 3.14, this is {sys.version.split()[0]}: install one and use that")
    size = MEGABYTES[lock.name]
    if (free := shutil.disk_usage(ROOT).free >> 20) < 2 * size:
        sys.exit(f"build.py: {ROOT} has {free} MB free, and needs {2 * size} MB for packages: free some space")
    print(f"setting up .venv from {lock.name}: {size} MB, about a minute, once ...", file=sys.stderr, flush=True)
    if lock == DEMO:
        make_environment()
    install("--require-hashes", "--requirement", str(lock))
    if lock == DEMO:
        install("--no-build-isolation", "--no-deps", "--editable", str(ROOT))
    stamp.write_text(made_from)


def make_environment() -> None:
    """Make .venv again, without packages."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=not ENVIRONMENT.exists())
    if not UV and find_spec("ensurepip") is None:
        sys.exit("this Python has no venv: sudo apt-get install python3-venv (or install Python from python.org)")
    venv.create(ENVIRONMENT, with_pip=not UV, symlinks=True)


def install(*arguments: str) -> None:
    """Install into .venv with uv if it is installed, else with pip, and show on a terminal how far that is."""
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", "--no-compile"]
    tool = [UV, "pip", "install", "--quiet", "--python", str(PYTHON)] if UV else pip
    loading = ENVIRONMENT / "loading"
    loading.mkdir(exist_ok=True)
    with subprocess.Popen([*tool, *arguments], env={**os.environ, "TMPDIR": str(loading)}) as process:
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired, FileNotFoundError):
                if sys.stderr.isatty():
                    loaded, installed = (len(list(ENVIRONMENT.glob(each))) for each in (WHEELS, INSTALLED))
                    print(f"\r  packages: {loaded} loaded, {installed} installed ", end="", file=sys.stderr, flush=True)
                process.wait(1)
    print("\r\033[K" if sys.stderr.isatty() else "", end="", file=sys.stderr)
    shutil.rmtree(loading, ignore_errors=True)
    if process.returncode != 0:
        sys.exit(f"build.py could not install {' '.join(arguments)}: see above; check the network, then run it again")


def run_module(*command: str) -> int:
    """Replace this process by the environment's Python, so that signals and the exit status are the module's own."""
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", *command])  # noqa: S606 - there is no shell to want here


def duckdb(arguments: Sequence[str]) -> int:
    """Replace this process by DuckDB, which is installed at its first use."""
    program = SCRIPTS / "duckdb"
    if not program.exists():
        print("installing DuckDB into .venv: 60 MB, once ...", file=sys.stderr, flush=True)
        (entry,) = re.findall(r"^duckdb-cli==(?:.*\\\n)*.*\n", ALL.read_text(), re.MULTILINE)
        (ENVIRONMENT / "duckdb.lock").write_text(entry)
        install("--require-hashes", "--requirement", str(ENVIRONMENT / "duckdb.lock"))
    os.execv(program, [str(program), *arguments])  # noqa: S606


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "test": lambda rest: run_module("pytest", *PARALLEL, *rest),
    "duckdb": duckdb,
    **{name: lambda rest, module=module: run_module(module, *rest) for name, module in MODULES.items()},
    **{each: lambda rest, each=each: run_module("tests.checks", each, *rest) for each in ("check", "format", "lock")},
    "deployment-test": lambda rest: run_module("pytest", *(DRILLS if rest == ["drills"] else (*DEPLOYMENT, *rest))),
    "wheel": lambda rest: run_module("hatchling", "build", "--target", "wheel", "--directory", "dist", *rest),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
