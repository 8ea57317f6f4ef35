"""Read the version of a checkout from git."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kalshi_data.release.target import ReleaseError

FIRST = "0.1.0"
TAGS = ("--match", "v[0-9]*.[0-9]*.[0-9]*", "--exclude", "v*[a-z]*")


class Revision(NamedTuple):
    """A version in the format of PEP 440, with its commit and the time of the commit."""

    version: str
    commit: str
    committed_at: datetime


def read_revision(checkout: Path) -> Revision:
    """Return the version of a checkout: 1.4.0 at the tag v1.4.0, and 1.4.1.dev2+g<commit> two commits later.

    Raises:
        ReleaseError: if the folder is not a git checkout, or one without the history that names the version.
    """
    commit = _git(checkout, "rev-parse", "--short=7", "HEAD")
    seconds = int(_git(checkout, "log", "-1", "--format=%ct"))
    changed = bool(_git(checkout, "status", "--porcelain"))
    newest, ahead = _newest_tag(checkout)
    version = development_version(newest, ahead, commit, changed=changed) if ahead or changed else newest
    return Revision(version, commit, datetime.fromtimestamp(seconds, UTC))


def development_version(newest: str, ahead: int, commit: str, *, changed: bool) -> str:
    """Return the version `ahead` commits after a version, or with uncommitted changes.

    It sorts after that version and before the next one, or before the first version if there is no tag.
    """
    *front, last = newest.split(".")
    following = ".".join([*front, str(int(last) + 1)]) if newest else FIRST
    return f"{following}.dev{ahead}+g{commit}{'.changed' if changed else ''}"


def _newest_tag(checkout: Path) -> tuple[str, int]:
    """Return the version of the newest tag and the number of commits since then; without a tag "" and all commits."""
    if not _git(checkout, "tag", "--list", "v[0-9]*", "--merged", "HEAD"):
        if _git(checkout, "rev-parse", "--is-shallow-repository") == "true":
            raise ReleaseError("this clone lacks the tags that name the version: git fetch --unshallow --tags")
        return "", int(_git(checkout, "rev-list", "--count", "HEAD"))
    described = _git(checkout, "describe", "--tags", "--long", *TAGS)
    found = re.fullmatch(r"v(\d+\.\d+\.\d+)-(\d+)-g[0-9a-f]+", described)
    if found is None:
        raise ReleaseError(f"git's tag in {described} is not a version: name it like v1.4.0")
    return found[1], int(found[2])


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, check=False, cwd=checkout, text=True)  # noqa: S607
    if done.returncode != 0:
        raise ReleaseError(f"git {arguments[0]} failed, a release needs a git checkout: {done.stderr.strip()}")
    return done.stdout.strip()
