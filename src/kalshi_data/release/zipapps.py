"""Build the programs' files from the lock; the same commit gives the same bytes."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from kalshi_data.release.contents import STARTED_BY, trim
from kalshi_data.release.revision import Revision
from kalshi_data.release.sbom import bill_of_materials
from kalshi_data.release.target import ReleaseError, Target
from kalshi_data.version import FILE, Release

SUMS = "SHA256SUMS"
NEEDED = "which needs a wheel of every package, with its checksum in requirements.lock"
LOCK = "requirements.lock"
TOOLS = Path(sys.executable).parent


def make_release(
    checkout: Path, output: Path, target: Target, revision: Revision, programs: Sequence[str]
) -> Iterator[str]:
    """Build programs for a target, yield the name of each, and write their checksums beside those of other programs.

    Raises:
        ReleaseError: if a package has no wheel for the target, or cannot be fetched.
    """
    output.mkdir(parents=True, exist_ok=True)
    built = list[Path]()
    with tempfile.TemporaryDirectory(prefix="kalshi-release-") as name:
        wheel = _make_wheel(checkout, Path(name), revision)
        for program in programs:
            site = Path(name) / program
            try:
                locked = locked_packages(checkout, program, target)
                _install(site, locked, target)
            except ReleaseError as error:
                raise ReleaseError(f"not for {target}, {NEEDED}:\n{error}") from error
            _run("uv", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel))
            trim(site, program)
            built_at = f"{revision.committed_at:%Y-%m-%dT%H:%M:%SZ}"
            release = Release(revision.version, revision.commit, built_at, target.python)
            (site / "kalshi_data" / FILE).write_bytes(msgspec.json.encode(release._asdict()))
            _make_zipapp(site, output / program, program, target, revision)
            bill = output / f"{program}.cdx.json"
            bill.write_bytes(bill_of_materials(program, locked, revision))
            built += [output / program, bill]
            yield program
    write_sums(output, built)


def locked_packages(checkout: Path, program: str, target: Target) -> dict[str, str]:
    """Return the lock file's entries for one program on a target by name, found by resolving with the lock.

    Raises:
        ReleaseError: if the lock does not fit the target.
    """
    lock = checkout / LOCK
    asked = ("--quiet", "--no-header", "--extra", program, "--constraint", str(lock), *target.options())
    found = _run("uv", "pip", "compile", *asked, str(checkout / "pyproject.toml"))
    # The lock may have other versions of a package for other platforms.
    wanted = set(re.findall(r"^[\w.-]+==\S+", found, re.MULTILINE))
    entries = re.split(r"^(?=\w)", lock.read_text(), flags=re.MULTILINE)
    return {entry.split("==")[0]: entry for entry in entries if entry.partition(" ")[0] in wanted}


def write_sums(output: Path, built: Iterable[Path]) -> None:
    """Write the checksums of files; those of files that an earlier call built stay."""
    sums = output / SUMS
    former = sums.read_text().splitlines() if sums.is_file() else []
    lines = {line.partition("  ")[2]: line for line in former}
    lines |= {path.name: f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in built}
    sums.write_text("".join(f"{line}\n" for name, line in lines.items() if (output / name).is_file()))


def _install(site: Path, locked: Mapping[str, str], target: Target) -> None:
    """Install wheels for the target into a folder, and check them against the lock's checksums."""
    subset = site.with_suffix(".lock")
    subset.write_text("".join(locked.values()))
    into = ("--quiet", "--no-deps", "--target", str(site), "--only-binary", ":all:", *target.options())
    _run("uv", "pip", "install", *into, "--require-hashes", "--requirement", str(subset))


def _make_wheel(checkout: Path, folder: Path, revision: Revision) -> Path:
    _run("hatchling", "build", "--target", "wheel", "--directory", str(folder), folder=checkout, at=revision)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _make_zipapp(site: Path, output: Path, program: str, target: Target, revision: Revision) -> None:
    # The Python that runs the program compiles it when it is unpacked.
    started_by = f"kalshi_data.{STARTED_BY.get(program, program)}.__main__:main"
    entry = ("--entry-point", started_by, "--reproducible", "--compile-pyc")
    interpreter = f"/usr/bin/env python{target.python}"
    output.unlink(missing_ok=True)
    files = ("--site-packages", str(site), "--output-file", str(output), "--python", interpreter)
    _run("python", "-m", "kalshi_data.release.shiv_with_message", *files, *entry, at=revision)
    shutil.rmtree(site)


def _run(tool: str, *arguments: str, folder: Path | None = None, at: Revision | None = None) -> str:
    """Run a tool of this environment and return its output; files get the time of `at`."""
    times = {"SOURCE_DATE_EPOCH": str(int(at.committed_at.timestamp()))} if at else {}
    done = subprocess.run(
        [TOOLS / tool, *arguments],
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, **times, "PYTHONHASHSEED": "0", "TZ": "UTC"},
        text=True,
    )
    if done.returncode != 0:
        raise ReleaseError(f"{tool} {' '.join(arguments[:2])} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
