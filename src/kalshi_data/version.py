"""Which version of the project runs; imports next to nothing, so that --version answers at once."""

import json
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import NamedTuple

# Beside this module in a release, which writes it; a checkout has none.
FILE = "release.json"


class Release(NamedTuple):
    """What a release says of itself; commit and time are empty in a checkout."""

    version: str
    commit: str
    built_at: str


@cache
def read_release() -> Release:
    """Return what the running program was built from."""
    try:
        return Release(**json.loads(Path(__file__).with_name(FILE).read_text()))
    except FileNotFoundError:
        return Release(installed_version("kalshi-data"), "", "")


def describe(program: str) -> str:
    """Return the line that --version prints."""
    release = read_release()
    built = f"({release.commit}) built {release.built_at}" if release.commit else "(not a release)"
    return f"kalshi-{program} {release.version} {built}"
