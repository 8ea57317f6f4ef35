"""Comments, messages and pages use plain words; each word here has a plainer one that also names who acts."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

# A word to the one to write instead.
PLAINER = {
    "anew": "again",
    "nobody": "name the actor: no gatherer, no reader",
    "somebody": "name the actor: a gatherer, an operator",
    "everybody": "name the actors: every reader, all users",
    "anybody": "name the actor: any user, any gatherer",
    "tell": "return, report, log or print",
    "tells": "returns, reports, logs or prints",
    "told": "reported, logged or printed",
    "take note": "record",
    "takes note": "records",
    "so many": "this many",
    "so long": "this long",
}
# Only a letter continues a word, so words inside snake_case names match, too.
WORDS = re.compile(rf"(?<![a-zA-Z])({'|'.join(PLAINER).replace(' ', '[ _]')})(?![a-zA-Z])", re.IGNORECASE)
KINDS = {".py", ".sql", ".md", ".yml", ".toml", ".tf", ".j2", ".tftpl", ".hcl", ""}
FOLDERS = (".ci", "README.md", "build.py", "pyproject.toml", ".github", "src", "sql", "ansible", "terraform", "tests")
# The first holds the words themselves; the second names the system's account nobody.
EXCEPT = {"tests/unit/test_english.py", "src/kalshi_data/demo/postgres.py"}


def tracked_files() -> list[Path]:
    done = subprocess.run(["git", "ls-files", *FOLDERS], capture_output=True, check=True, cwd=ROOT, text=True)
    names = set(done.stdout.splitlines()) - EXCEPT
    return sorted(ROOT / name for name in names if (ROOT / name).suffix in KINDS and (ROOT / name).is_file())


@pytest.mark.parametrize("folder", FOLDERS)
def test_words_are_plain(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}: write {PLAINER[match[0].lower().replace('_', ' ')]}"
        for path in tracked_files()
        if path.relative_to(ROOT).parts[0] == folder
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in WORDS.finditer(line)
    ]
    assert not found, "\n".join(found)
