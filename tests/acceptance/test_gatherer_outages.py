"""Outages around a gatherer: it logs one clear line for each, and goes on by itself when the cause is over."""

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.demo.keys import make_key
from kalshi_data.gatherer.frame_log.reader import segments
from kalshi_data.gatherer.incidents import KEY_REFUSED, UNREACHABLE
from tests.acceptance.conftest import Rehearse
from tests.acceptance.rehearsal import Rehearsal
from tests.support.waiting import wait_until

BOOKS = "channel = 'orderbook_delta'"
FULL = "frame log failed, frames go to the database only: free space on its disk, or repair the disk"


def errors(rehearsal: Rehearsal) -> list[str]:
    """Return the errors in a gatherer's log."""
    return [line["event"] for line in rehearsal.lines() if line["level"] in ("error", "critical")]


def free_port() -> int:
    """Return a port of this machine on which no program listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_bad_key_is_logged_once_and_the_right_one_is_used(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start_exchange("--lifecycles=0")
    right = rehearsal.keys[1].private.read_bytes()
    (elsewhere := rehearsal.folder / "elsewhere").mkdir()
    rehearsal.keys[1].private.write_bytes(make_key(elsewhere, 2).private.read_bytes())
    rehearsal.start_gatherer(1)
    wait_until(lambda: rehearsal.logged(KEY_REFUSED), KEY_REFUSED)
    time.sleep(2)
    assert errors(rehearsal) == [KEY_REFUSED]
    assert rehearsal.counted("connections") == 0
    rehearsal.keys[1].private.write_bytes(right)
    rehearsal.until("started")
    wait_until(lambda: rehearsal.logged("incident over"), "the incident is over")
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert errors(rehearsal) == [KEY_REFUSED]
    assert [line["incident"] for line in rehearsal.logged("incident over")] == [KEY_REFUSED]


def test_an_exchange_that_is_away_is_logged_once_and_waited_for(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    port = f"--port={free_port()}"
    rehearsal.start_exchange("--lifecycles=0", port)
    rehearsal.exchange.stop()
    rehearsal.start_gatherer(1)
    wait_until(lambda: rehearsal.logged(UNREACHABLE), UNREACHABLE)
    time.sleep(2)
    assert errors(rehearsal) == [UNREACHABLE]
    assert "Connect call failed" in rehearsal.logged(UNREACHABLE)[0]["error"]
    rehearsal.start_exchange("--lifecycles=0", port)
    rehearsal.until("started")
    wait_until(lambda: rehearsal.logged("incident over"), "all connections again")
    # The exchange is away again, now under load: another outage, and another line.
    rehearsal.wait_for("orderbook_deltas", 100)
    rehearsal.end_trading()
    rehearsal.exchange.stop()
    wait_until(lambda: len(rehearsal.logged(UNREACHABLE)) == 2, "the second outage")
    rehearsal.stop_gatherers()
    assert errors(rehearsal) == [UNREACHABLE] * 2
    assert [line["incident"] for line in rehearsal.logged("incident over")] == [UNREACHABLE]


class FullDisk:
    """A small disk for the frame log, which only root can mount, and a file that fills it."""

    reasons = ("frames cannot be logged: No space left on device",)

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], check=True)

    def fail(self) -> None:
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def mend(self) -> None:
        self._ballast.unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self._ballast.parent)], check=True)


class MissingDisk:
    """A folder that disappears, and that cannot be made again because a file has its name."""

    # The log notices it by the segment that it writes, or when it begins the next one.
    reasons = (".zst was removed", "frames cannot be logged: File exists")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def fail(self) -> None:
        self._folder.rename(self._folder.with_suffix(".away"))
        self._folder.touch()

    def mend(self) -> None:
        self._folder.unlink()
        self._folder.with_suffix(".away").rename(self._folder)

    def close(self) -> None:
        pass


DISKS = [MissingDisk, *([FullDisk] if os.geteuid() == 0 else [])]


@pytest.mark.parametrize("kind", DISKS)
def test_a_full_disk_stops_only_the_frame_log(rehearse: Rehearse, kind: type[FullDisk | MissingDisk]) -> None:
    assert FullDisk in DISKS or not os.environ.get("CI"), "in CI tests run as root, so that a full disk is one"
    rehearsal = rehearse(1)
    with contextlib.closing(kind(rehearsal.frames())) as disk:
        rehearsal.start("--lifecycles=0", settings={"frame_log": {"segment_seconds": 1.0}})
        rehearsal.wait_for("orderbook_deltas", 100)
        disk.fail()
        wait_until(lambda: rehearsal.logged(FULL), FULL)
        # Every row still reaches the database meanwhile.
        rehearsal.wait_for("orderbook_deltas", rehearsal.counted("orderbook_deltas") + 300)
        files = len(list(segments(rehearsal.frames())))
        time.sleep(1)
        assert len(list(segments(rehearsal.frames()))) <= files
        disk.mend()
        wait_until(lambda: rehearsal.logged("frame log works again"), "logging again")
        logged_bytes = log_bytes(rehearsal)
        wait_until(lambda: log_bytes(rehearsal) > logged_bytes, "a longer log")
        found = rehearsal.finish()
        assert found.complete, str(found)
        assert found.withheld == 0
        assert errors(rehearsal) == [FULL]
        assert rehearsal.logged(FULL)[0]["reason"].endswith(disk.reasons)
        assert rehearsal.counted(f"subscriptions where {BOOKS} and end_reason = 'stopped'") == 40


def log_bytes(rehearsal: Rehearsal) -> int:
    """Return the size of the frame log."""
    return sum(path.stat().st_size for path in segments(rehearsal.frames()))


def stop_at_once(rehearsal: Rehearsal, what: str) -> float:
    """Stop the gatherer as soon as its log has a line; return how long the stop took, in seconds."""
    wait_until(lambda: rehearsal.logged(what), what)
    began = time.monotonic()
    rehearsal.stop_gatherers()
    return time.monotonic() - began


@pytest.mark.parametrize("trouble", [UNREACHABLE, KEY_REFUSED, "connected", "exchange status"])
def test_a_gatherer_stops_quickly_in_every_state(rehearse: Rehearse, trouble: str) -> None:
    rehearsal = rehearse(1)
    rehearsal.start_exchange("--lifecycles=0", "--markets=2000", "--rate=0")
    settings: dict[str, Any] = {"subscriptions": {"commands_per_second_max": 1, "markets_per_command_max": 5}}
    if trouble == UNREACHABLE:
        rehearsal.exchange.stop()
    if trouble == KEY_REFUSED:
        make_key(rehearsal.keys[1].private.parent, 2)
    rehearsal.start_gatherer(1, settings)
    assert stop_at_once(rehearsal, trouble) < 10
    assert rehearsal.counted("connections where closed_at is null") == 0
