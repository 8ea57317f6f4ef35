"""Checks and formats the files of the checkout, and resolves the files of packages: python -m tests.checks COMMAND."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
# The schemas in tests/golden are as the server writes them.
SQL = ("sql", "tests/benchmarks", "tests/support", "tests/campaign")
FORMATTERS = (
    ("ruff", "check", "--fix", "--exit-zero", "--quiet", "."),
    ("ruff", "format", "--quiet", "."),
    ("sqlfluff", "format", "--disable-progress-bar", *SQL),
    ("python", "-m", "tests.deployment.terraform.format"),
)
# The longest begins first.
CHECKS = (
    ("pytest", "--quiet", "tests/readers"),
    ("sqlfluff", "lint", "--disable-progress-bar", *SQL),
    ("pytest", "--quiet", "tests/deployment/ansible"),
    ("pytest", "--quiet", "tests/deployment/terraform"),
    ("pytest", "--quiet", "tests/engines"),
    ("basedpyright", "--level", "warning"),
    ("ruff", "format", "--check", "--quiet", "."),
    ("ruff", "check", "--quiet", "."),
)
# For every platform and for the oldest Python and later ones.
RESOLVE = ("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header")
# An engine lives in an environment of its own, since no program needs it.
ENGINE_EXTRAS = ("hftbacktest", "nautilus")
EXTRAS = tuple(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
LOCKS = (
    (
        *(f"--extra={each}" for each in EXTRAS if each not in ENGINE_EXTRAS),
        "--upgrade",
        "--output-file",
        "requirements.lock",
    ),
    ("--extra", "demo", "--constraint", "requirements.lock", "--output-file", "requirements-demo.lock"),
    *(("--extra", each, "--upgrade", "--output-file", f"tests/engines/{each}.lock") for each in ENGINE_EXTRAS),
)


def run_tool(command: Sequence[str]) -> bool:
    """Run one tool, print what it printed when it has ended, and return whether it succeeded."""
    done = subprocess.run(
        [SCRIPTS / command[0], *command[1:]], check=False, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    )
    print(done.stdout, end="", flush=True)  # noqa: T201
    return done.returncode == 0


def check() -> int:
    """Run every check, one per core at a time, even after one failed, and print which failed."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        passed = list(threads.map(run_tool, CHECKS))
    for command in (each for each, ok in zip(CHECKS, passed, strict=True) if not ok):
        print(f"check failed: {' '.join(command)}", file=sys.stderr)  # noqa: T201
    print(f"check: {passed.count(True)} passed, {passed.count(False)} failed")  # noqa: T201
    return 0 if all(passed) else 1


def format_files() -> int:
    """Run every formatter, even after one failed."""
    succeeded = [run_tool(each) for each in FORMATTERS]
    return 0 if all(succeeded) else 1


def lock() -> int:
    """Resolve the packages of everything, then those of a demo in the same versions."""
    return 0 if all(run_tool(("uv", *RESOLVE, *each, "pyproject.toml")) for each in LOCKS) else 1


COMMANDS: dict[str, Callable[[], int]] = {"check": check, "format": format_files, "lock": lock}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]]())
