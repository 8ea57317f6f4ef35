"""Another program fills the disk of a gatherer: nothing is lost, its server does not crash, and all goes on alone."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kalshi_data.demo.postgres import server_account
from kalshi_data.gatherer.frame_log.reader import segments
from tests.acceptance.rehearsal import Rehearsal
from tests.acceptance.test_gatherer_outages import FULL, log_bytes
from tests.support.disks import SmallDisk
from tests.support.engines import Engine
from tests.support.waiting import wait_until

MIB = 1 << 20
DISK_MIB = 400
# A tenth of the disk is its reserve. Below half of that no rows are committed, below a quarter no frames are logged.
TAKES_FRAMES_ONLY = 15 * MIB
WAITS = "database takes no rows, trying again; frames are kept in the frame log"
OVERFLOW = "too many rows are waiting, the frame log keeps the rest"
# As on a host: what is committed is on the disk.
SMALL = {"max_wal_size": "48MB", "min_wal_size": "32MB", "fsync": "on", "synchronous_commit": "on"}


@pytest.fixture
def disk(server_folder: Path) -> Iterator[SmallDisk]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    made = SmallDisk(server_folder / "small-disk", DISK_MIB)
    yield made
    made.close()
    made.folder.rmdir()


@pytest.fixture
def rehearsal(disk: SmallDisk, embedded: Path, tmp_path: Path) -> Iterator[Rehearsal]:
    """A gatherer whose database and frame log have one small disk."""
    with ExitStack() as stack:
        engine = Engine("plain", disk.folder / "postgresql", embedded, server_account(), SMALL)
        stack.enter_context(engine.running())
        made = Rehearsal(tmp_path, engine)
        stack.callback(made.close)
        (disk.folder / "frames").mkdir()
        made.frames().symlink_to(disk.folder / "frames")
        yield made


def require_everything(rehearsal: Rehearsal, disk: SmallDisk) -> None:
    """The comparison finds nothing lost, and the server has not crashed."""
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert found.withheld == 0
    log = (disk.folder / "postgresql" / "postgres.log").read_text(errors="replace")
    assert not [line for line in log.splitlines() if "PANIC" in line or "crash" in line]


def test_rows_wait_in_the_frame_log_while_little_space_is_left(rehearsal: Rehearsal, disk: SmallDisk) -> None:
    rehearsal.start("--lifecycles=0", settings={"writing": {"queued_rows_max": 500}})
    rehearsal.wait_for("orderbook_deltas", 300)

    disk.fill(TAKES_FRAMES_ONLY)

    wait_until(lambda: rehearsal.logged(OVERFLOW), lambda: f"{OVERFLOW}\n{rehearsal.tails()}")
    assert "the disk of kalshi_ts has less than" in rehearsal.logged(WAITS)[0]["error"]
    rows, logged = rehearsal.counted("orderbook_deltas"), log_bytes(rehearsal)
    wait_until(lambda: log_bytes(rehearsal) > logged + 10_000, "frames are logged")
    assert rehearsal.counted("orderbook_deltas") == rows
    assert not rehearsal.logged(FULL)

    disk.release()
    rehearsal.wait_for("orderbook_deltas", rows + 1_000)
    require_everything(rehearsal, disk)
    assert len(rehearsal.logged(WAITS)) == 1


def test_a_disk_without_any_space_stops_both_until_there_is_some(rehearsal: Rehearsal, disk: SmallDisk) -> None:
    """Rows wait in memory, as far as they fit; the server is left alone."""
    rehearsal.start("--lifecycles=0", settings={"frame_log": {"segment_bytes": MIB}})
    rehearsal.wait_for("orderbook_deltas", 300)

    disk.fill()

    wait_until(lambda: rehearsal.logged(FULL), lambda: f"{FULL}\n{rehearsal.tails()}")
    wait_until(lambda: rehearsal.logged(WAITS), lambda: f"{WAITS}\n{rehearsal.tails()}")
    files = len(list(segments(rehearsal.frames())))

    disk.release()
    wait_until(lambda: rehearsal.logged("database takes rows again"), "rows again")
    wait_until(lambda: rehearsal.logged("frame log works again"), "frames again")
    assert len(list(segments(rehearsal.frames()))) >= files
    require_everything(rehearsal, disk)
