"""What people and disks do to the frame log's folder costs no more than the frames that were there."""

import errno
import shutil
from pathlib import Path
from typing import IO, Any

import pytest

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log import retention, writer
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.frame_log.reader import numbers_between, segments
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from tests.support.waiting import wait_until
from tests.unit.gatherer.test_frame_log import BEGAN_NS, SECOND_NS, logging, payloads


def test_files_that_people_put_beside_the_log_are_no_part_of_it(tmp_path: Path) -> None:
    with logging(tmp_path) as log:
        log.append(Kind.FRAME, 1, BEGAN_NS, b"kept")
    name = segments(tmp_path)[0].name
    for other in ("frames-copy.zst", name.replace(".zst", "-copy.zst"), "frames-.zst", "frames-1.zst"):
        (tmp_path / other).write_bytes((tmp_path / name).read_bytes())
    (tmp_path / f"frames-{7:020}.zst").mkdir()
    assert payloads(tmp_path) == [b"kept"]
    assert retention.measure(tmp_path)[0] == (tmp_path / name).stat().st_size
    with logging(tmp_path) as log:
        log.append(Kind.FRAME, 1, BEGAN_NS, b"later")
    assert payloads(tmp_path) == [b"kept", b"later"]


def test_a_segment_that_cannot_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with logging(tmp_path, segment_bytes=1) as log:
        for n in range(3):
            log.append(Kind.FRAME, 1, BEGAN_NS + n, b"%d" % n)
            log.seal()
    broken, opened = segments(tmp_path)[-1], Path.open

    def open_unless_broken(path: Path, mode: str = "r", **options: Any) -> IO[Any]:
        if path == broken:
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, mode, **options)

    monkeypatch.setattr(Path, "open", open_unless_broken)
    assert payloads(tmp_path) == [b"0", b"1"]
    assert numbers_between(tmp_path, BEGAN_NS, BEGAN_NS + SECOND_NS) is not None
    with logging(tmp_path) as log:
        log.append(Kind.FRAME, 1, BEGAN_NS, b"later")
    assert payloads(tmp_path) == [b"0", b"1", b"later"]


def test_logging_goes_on_after_the_folder_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RECOVERED_SECONDS_MIN", 0.0)
    folder = tmp_path / "log"
    log = FrameLogWriter(FrameLogSettings(folder=folder, sync_seconds=0.02), Counters())
    log.open()

    def append(payload: bytes) -> None:
        number = log.append(Kind.FRAME, 1, BEGAN_NS, payload)
        log.seal()
        wait_until(lambda: log.written_before > number)

    append(b"removed")
    shutil.rmtree(folder)
    append(b"lost")
    wait_until(folder.exists)
    append(b"kept")
    log.close()
    assert payloads(folder)[-1:] == [b"kept"]
