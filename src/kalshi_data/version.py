"""The version that runs; this module imports almost nothing, so that --version answers at once."""

import json
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import NamedTuple

# A release has this file beside this module; a checkout has none.
FILE = "release.json"


class Release(NamedTuple):
    """A release's version, commit, build time and Python; all but the version are empty in a checkout."""

    version: str
    commit: str
    built_at: str
    python: str = ""


@cache
def read_release() -> Release:
    """Return the release that the running program belongs to."""
    try:
        return Release(**json.loads(Path(__file__).with_name(FILE).read_text()))
    except FileNotFoundError:
        return Release(installed_version("kalshi-data"), "", "")


def describe(program: str) -> str:
    """Return the line that --version prints."""
    release = read_release()
    built = f"({release.commit}) built {release.built_at}" if release.commit else "(not a release)"
    return f"kalshi-{program} {release.version} {built}"
