"""The folder of each shard's frame log, and the numbers of its records, which no other shard uses."""

from pathlib import Path

from kalshi_data.errors import SettingsError
from kalshi_data.shard import EVERYTHING, Shard

# Numbers follow the time in microseconds, which fits into half of a range until the year 2112.
NUMBERS_PER_SHARD = 1 << 53
# All ranges fit into PostgreSQL's bigint.
SHARDS_MAX = 512
PREFIX = "shard-"


def require_numbers(shard: Shard) -> Shard:
    """Return the shard, if there are numbers for all of its parts.

    Raises:
        SettingsError: there are too many parts.
    """
    if shard.parts > SHARDS_MAX:
        raise SettingsError(f"--shard {shard}: a gatherer has at most {SHARDS_MAX} parts")
    return shard


def shard_folder(root: Path, number: int) -> Path:
    """Return the folder of a shard's log; the first shard's is the one of a gatherer without shards."""
    return root if number == EVERYTHING.number else root / f"{PREFIX}{number}"


def shard_folders(root: Path) -> dict[int, Path]:
    """Return the folders of all shards that have a log, by their numbers."""
    found = {EVERYTHING.number: root}
    for path in root.glob(f"{PREFIX}*"):
        text = path.name.removeprefix(PREFIX)
        if text.isdecimal() and text.isascii() and path.is_dir() and 1 < int(text) <= SHARDS_MAX:
            found[int(text)] = path
    return dict(sorted(found.items()))


def first_number_of(number: int) -> int:
    """Return the first number that a record of a shard can have."""
    return (number - 1) * NUMBERS_PER_SHARD


def choose_number(number: int, last: int | None, committed: int, now_ns: int) -> int:
    """Return the number of the next record of a shard.

    It lies behind the last record of the log and behind the last committed one, and is at least the time in
    microseconds: a log that lost its end, or all of it, repeats no number.
    """
    first = first_number_of(number)
    chosen = first + min(max(now_ns // 1000, 0), NUMBERS_PER_SHARD // 2)
    # A position outside of the range belongs to no log of this shard.
    if first <= committed < first + NUMBERS_PER_SHARD * 3 // 4:
        chosen = max(chosen, committed + 1)
    return chosen if last is None else max(chosen, last + 1)
