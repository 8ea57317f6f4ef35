"""Which version of the project a checkout holds, by git."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kalshi_data.release.target import ReleaseError

FIRST = "0.1.0"
TAGS = ("--match", "v[0-9]*.[0-9]*.[0-9]*", "--exclude", "v*[a-z]*")


class Revision(NamedTuple):
    """A version as PEP 440 writes it, the commit it stands for, and when that was made."""

    version: str
    commit: str
    committed_at: datetime


def read_revision(checkout: Path) -> Revision:
    """Return what is checked out: v1.4.0 is 1.4.0, and two commits later 1.4.1.dev2 with the commit's name.

    Raises:
        ReleaseError: this is no checkout of git.
    """
    commit = _git(checkout, "rev-parse", "--short=7", "HEAD")
    seconds = int(_git(checkout, "log", "-1", "--format=%ct"))
    changed = bool(_git(checkout, "status", "--porcelain"))
    newest, ahead = _newest_tag(checkout)
    version = development_version(newest, ahead, commit, changed=changed) if ahead or changed else newest
    return Revision(version, commit, datetime.fromtimestamp(seconds, UTC))


def development_version(newest: str, ahead: int, commit: str, *, changed: bool) -> str:
    """Return the version of what is `ahead` commits after a version, or differs from it by what is not committed.

    It sorts after that version and before the next one; where none is tagged yet, before the first.
    """
    *front, last = newest.split(".")
    following = ".".join([*front, str(int(last) + 1)]) if newest else FIRST
    return f"{following}.dev{ahead}+g{commit}{'.changed' if changed else ''}"


def _newest_tag(checkout: Path) -> tuple[str, int]:
    """Return the version of the newest tag and how many commits came after it; without a tag "" and all of them."""
    if not _git(checkout, "tag", "--list", "v[0-9]*", "--merged", "HEAD"):
        return "", int(_git(checkout, "rev-list", "--count", "HEAD"))
    described = _git(checkout, "describe", "--tags", "--long", *TAGS)
    found = re.fullmatch(r"v(\d+\.\d+\.\d+)-(\d+)-g[0-9a-f]+", described)
    if found is None:
        raise ReleaseError(f"git's tag in {described} is no version: name it v1.4.0 or so")
    return found[1], int(found[2])


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, check=False, cwd=checkout, text=True)  # noqa: S607
    if done.returncode != 0:
        raise ReleaseError(f"git {arguments[0]} failed, a release is made in a git checkout: {done.stderr.strip()}")
    return done.stdout.strip()
