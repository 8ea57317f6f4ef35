"""How much space kalshi_ts has: its bound, and its disk, which it shares with the frame log and with other programs."""

import math
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.database_space import DatabaseSpace
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.service.growth import Growth
from kalshi_data.settings import decode_path
from tests.support.disks import measure_as

GB = 10**9
MIB = 1 << 20


class Answer:
    """A connection that answers each question with one row."""

    def __init__(self, *row: Any) -> None:
        self._row = row

    def execute(self, *_: object) -> "Answer":
        return self

    def fetchone(self) -> tuple[Any, ...]:
        return self._row


def space(
    monkeypatch: pytest.MonkeyPatch, folder: Path, free: int, total: int = 200 * GB, **levels: Any
) -> DatabaseSpace:
    """Return the space of a database in `folder`, whose disk has this much free."""
    bound, free_min = levels.pop("bound", 0), levels.pop("free_min", 2 << 30)
    place = {"conninfo": "dbname=kalshi"}
    sections = {
        "exchange": {
            "rest_url": "http://localhost",
            "websocket_url": "ws://localhost",
            "key_id": "",
            "private_key_file": "key.pem",
        },
        "databases": {"kalshi_ts": place, "kalshi_meta": place},
        "frame_log": {"folder": str(folder), "free_bytes_min": free_min},
        "retention": {"database_bytes_max": bound},
    }
    counters = Counters()
    for name, value in levels.items():
        assert hasattr(counters, name)
        setattr(counters, name, value)
    measure_as(monkeypatch, free, total)
    made = DatabaseSpace(msgspec.convert(sections, GathererSettings, dec_hook=decode_path), counters)
    made.find_disk(cast("Connection", Answer(str(folder))))
    return made


@pytest.mark.parametrize(
    ("free", "missing", "full"),
    [
        (3 * GB, 0, ""),
        (2048 * MIB, 0, ""),
        (2047 * MIB, MIB, ""),
        (1024 * MIB, 1024 * MIB, ""),
        (1023 * MIB, 1025 * MIB, "the disk of kalshi_ts has less than 1,073,741,824 bytes left"),
        (0, 2048 * MIB, "the disk of kalshi_ts has less than"),
    ],
)
def test_merged_rows_go_early_and_then_no_rows_are_committed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, missing: int, full: str
) -> None:
    found = space(monkeypatch, tmp_path, free, bound=100 * GB)
    assert found.missing_bytes == missing
    assert found.why_full().startswith(full)
    assert bool(found.why_full()) == bool(full)


def test_the_reserve_of_a_small_disk_is_a_tenth_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert space(monkeypatch, tmp_path, 20 * MIB, 400 * MIB, bound=GB).why_full() == ""
    assert space(monkeypatch, tmp_path, 19 * MIB, 400 * MIB, bound=GB).why_full()
    assert space(monkeypatch, tmp_path, 0, 400 * MIB, bound=GB, free_min=0).why_full() == ""


@pytest.mark.parametrize(("free", "missing"), [(100 * GB, 0), (41 * GB, 0), (39 * GB, GB)])
def test_without_a_bound_the_disk_sets_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, missing: int
) -> None:
    """The database may have 55 % of what it, the frame log and the free space take together."""
    found = space(monkeypatch, tmp_path, free, database_bytes=60 * GB, log_bytes=9 * GB)
    assert (found.missing_bytes > 0) == (missing > 0)
    assert found.missing_bytes <= missing
    assert ("exceeds its bound" in found.why_full()) == (missing > 0)


@pytest.mark.parametrize(("size", "is_full"), [(100 * GB, False), (110 * GB, False), (111 * GB, True)])
def test_rows_wait_if_a_bound_is_far_exceeded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int, is_full: bool
) -> None:
    found = space(monkeypatch, tmp_path, 50 * GB, bound=100 * GB, database_bytes=size)
    assert bool(found.why_full()) == is_full


@pytest.mark.parametrize("folder", [None, "/nowhere/at/all"])
def test_a_server_elsewhere_has_no_disk_and_may_have_a_bound(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str | None
) -> None:
    for bound, limit in ((0, math.inf), (GB, GB)):
        found = space(monkeypatch, tmp_path, 0, bound=bound)
        monkeypatch.undo()
        found.find_disk(cast("Connection", Answer(folder)))
        assert found.missing_bytes == 0
        assert found.why_full() == ""
        assert found.bytes_max == limit
        assert found.days_left(Growth(0, 0, GB)) == limit / GB


def test_days_follow_from_the_bound_or_from_what_the_disk_has_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    growing = Growth(60 * GB, 40 * GB, 10 * GB)
    assert space(monkeypatch, tmp_path, 100 * GB, bound=100 * GB).days_left(growing) == 6
    # Another program has taken the rest.
    assert 2.8 < space(monkeypatch, tmp_path, 10 * GB, bound=100 * GB).days_left(growing) < 3
    assert space(monkeypatch, tmp_path, 10 * GB, bound=100 * GB).days_left(Growth(60 * GB, 40 * GB, -1)) == math.inf
    assert space(monkeypatch, tmp_path, 0, bound=10 * GB).days_left(growing) == 0
