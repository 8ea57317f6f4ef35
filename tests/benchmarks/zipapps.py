"""The single-file programs: their sizes, and how long they take to start, beside the interpreter alone."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT

PROGRAMS = ("gatherer", "deduplicator")
ROUNDS = 10
COLD_ROUNDS = 3


def measure(_: float) -> dict[str, float]:
    """Return megabytes, packed and unpacked, and mean seconds of a first and of later starts."""
    with tempfile.TemporaryDirectory(prefix="kd-") as name:
        folder = Path(name)
        build = [sys.executable, ROOT / "build.py", "zipapps", "--output", folder]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        figures = {"python_seconds": mean_seconds([sys.executable, "-c", ""], folder, ROUNDS)}
        for program in PROGRAMS:
            figures |= {f"{program}_{figure}": value for figure, value in measure_program(folder / program).items()}
    return figures


def measure_program(program: Path) -> dict[str, float]:
    """Return the figures of one program."""
    cold = [mean_seconds([program, "--version"], program.parent / f"cold-{n}", 1) for n in range(COLD_ROUNDS)]
    cache = program.parent / "cold-0"
    unpacked = sum(path.stat().st_size for path in cache.glob(f"{program.name}_*/**/*") if path.is_file())
    return {
        "mb": program.stat().st_size / 1e6,
        "unpacked_mb": unpacked / 1e6,
        "cold_version_seconds": sum(cold) / COLD_ROUNDS,
        "warm_version_seconds": mean_seconds([program, "--version"], cache, ROUNDS),
        "warm_help_seconds": mean_seconds([program, "--help"], cache, ROUNDS),
    }


def mean_seconds(command: list[str | Path], cache: Path, rounds: int) -> float:
    """Run a program some times, unpacked where `cache` says, and return how long it took."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SHIV_ROOT": str(cache)}
    began = time.perf_counter()
    for _ in range(rounds):
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) / rounds
