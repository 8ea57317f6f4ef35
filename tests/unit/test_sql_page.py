"""The page of the SQL names files that exist, and its list of one tick is complete."""

import re
from pathlib import Path

from kalshi_data.streams import STREAMS
from tests.conftest import ROOT

SQL = ROOT / "sql"
PAGE = (SQL / "README.md").read_text()
TICK = re.findall(r"^## One tick of the merge\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)[0]
# Folders of production's queries that only a tick of the merge uses.
STEPS = ("stage", "reject", "merge", "sightings", "cursors")


def named(text: str) -> list[str]:
    """Return the SQL files and folders that a text names, relative to the folder sql."""
    return re.findall(r"`([a-z_]+/(?:[\w<>/]+\.sql|(?:[a-z_]+/)*))`", text)


def files(name: str) -> list[Path]:
    """Return the files or folders that a name stands for, each stream for `<stream>`."""
    names = [name.replace("<stream>", stream.name) for stream in STREAMS] if "<stream>" in name else [name]
    return [SQL / each for each in names if (SQL / each).exists()]


def test_every_file_and_folder_that_the_page_names_exists() -> None:
    names = named(PAGE)
    assert len(names) > 30
    inside_a_component = {"migrations/", "functions/", "views/", "queries/"}
    assert not [name for name in names if name not in inside_a_component and not files(name)]


def test_the_list_of_one_tick_is_complete() -> None:
    listed = {path for name in named(TICK) for path in files(name)}
    held = {path for step in STEPS for path in (SQL / "production" / "queries" / step).iterdir()}
    assert held <= listed
