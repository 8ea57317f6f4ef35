"""The frame log: written records are read again, even after damage to a file or a full disk."""

import errno
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log import retention, writer
from kalshi_data.gatherer.frame_log.format import Kind, LogRecord, blocks, records, seal
from kalshi_data.gatherer.frame_log.format import record_head as head
from kalshi_data.gatherer.frame_log.reader import count_records, last_record, numbers_between, records_from, segments
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from tests.support.disks import measure_as
from tests.support.waiting import wait_until

BEGAN_NS = 1_793_109_600_000_000_000
SECOND_NS = 1_000_000_000


@contextmanager
def logging(folder: Path, **values: Any) -> Generator[FrameLogWriter]:
    log = FrameLogWriter(FrameLogSettings(folder=folder, **values), Counters())
    log.open()
    yield log
    log.close()


def payloads(folder: Path, number: int = 0, until: int | None = None) -> list[bytes]:
    found = records_from(folder, number, until)
    return [record.payload for record in found if record.kind != Kind.STARTED]


def test_records_are_read_as_they_were_appended(tmp_path: Path) -> None:
    with logging(tmp_path) as log:
        first = log.append(Kind.OPENED, log.next_number, BEGAN_NS, b"{}")
        numbers = [log.append(Kind.FRAME, first, BEGAN_NS + n, b"frame\n%d" % n) for n in range(3)]
    begun, *found = records_from(tmp_path, 0)
    assert (begun.kind, begun.number) == (Kind.STARTED, first - 1)
    assert [record.number for record in found] == [first, *numbers]
    assert numbers == [first + 1, first + 2, first + 3]
    assert found[2] == LogRecord(numbers[1], BEGAN_NS + 1, first, Kind.FRAME, b"frame\n1")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=30))
def test_any_bytes_survive_a_block(frames: list[bytes]) -> None:
    raw = b"".join(head(n, 7, 0, len(frame)) + frame + b"\n" for n, frame in enumerate(frames))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "block"
        path.write_bytes(seal(raw, 100, len(frames), 0, len(frames)))
        (block,) = blocks(path)
        assert [record.payload for record in records(block)] == frames


def test_a_torn_block_at_the_end_is_lost_alone_and_the_next_run_continues_the_numbers(tmp_path: Path) -> None:
    with logging(tmp_path, block_bytes=100) as log:
        for n in range(20):
            log.append(Kind.FRAME, 1, BEGAN_NS + n, b"x" * 60)
    whole = payloads(tmp_path)
    (segment,) = segments(tmp_path)
    segment.write_bytes(segment.read_bytes()[:-5])
    left = payloads(tmp_path)
    assert 0 < len(left) < len(whole) == 20
    last = last_record(tmp_path)
    assert last is not None
    with logging(tmp_path) as log:
        assert log.next_number > last[0]
        assert log.previous_ns == last[1]
        log.append(Kind.FRAME, 1, BEGAN_NS, b"after")
    assert payloads(tmp_path) == [*left, b"after"]


@pytest.mark.parametrize("damaged_byte", [60, 3, 10, 30], ids=["contents", "magic", "number", "time"])
def test_a_damaged_block_is_left_out_and_the_rest_is_read(tmp_path: Path, damaged_byte: int) -> None:
    with logging(tmp_path, block_bytes=100) as log:
        for n in range(9):
            log.append(Kind.FRAME, 1, BEGAN_NS + n, b"%d" % n * 60)
    (segment,) = segments(tmp_path)
    second = list(blocks(segment))[2]
    content = bytearray(segment.read_bytes())
    content[second.offset + damaged_byte] ^= 0xFF
    segment.write_bytes(content)
    assert len(payloads(tmp_path)) == 9 - second.records


def test_any_zstd_program_reads_a_segment_as_one_stream(tmp_path: Path) -> None:
    with logging(tmp_path, block_bytes=10) as log:
        for n in range(3):
            log.append(Kind.FRAME, 5, BEGAN_NS + n, b'{"n":%d}' % n)
    (segment,) = segments(tmp_path)
    with segment.open("rb") as file:
        shown = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read().decode()
    assert shown.splitlines()[2:4] == [f"{BEGAN_NS} 5 0 7", '{"n":0}']
    assert [line for line in shown.splitlines() if line.startswith("{")] == ['{"n":0}', '{"n":1}', '{"n":2}']


def test_a_range_is_found_by_time_and_by_number(tmp_path: Path) -> None:
    with logging(tmp_path, block_bytes=100, segment_bytes=1_000) as log:
        numbers = [log.append(Kind.FRAME, 1, BEGAN_NS + n * SECOND_NS, b"%03d" % n * 30) for n in range(200)]
    assert len(segments(tmp_path)) > 5
    found = numbers_between(tmp_path, BEGAN_NS + 50 * SECOND_NS, BEGAN_NS + 60 * SECOND_NS)
    assert found is not None
    assert numbers[48] <= found[0] <= numbers[50]
    assert numbers[59] < found[1] <= numbers[62]
    assert payloads(tmp_path, numbers[50], numbers[52]) == [b"050" * 30, b"051" * 30]
    assert numbers_between(tmp_path, 0, BEGAN_NS - 1) is None


def test_records_are_counted_over_the_jump_of_numbers_between_two_runs(tmp_path: Path) -> None:
    """What is not committed yet is a number of frames, not of microseconds between a stop and a start."""
    runs: list[tuple[int, int]] = []
    for _ in range(2):
        with logging(tmp_path) as log:
            runs.append((log.first_number, log.first_number + 1 + 20))
            for number in range(20):
                log.append(Kind.FRAME, 1, BEGAN_NS + number, b"{}")
    (_, first_end), (second, second_end) = runs
    assert second > first_end
    assert count_records(tmp_path, 0, second_end) == 42
    assert count_records(tmp_path, first_end - 3, second + 4) == 7
    assert count_records(tmp_path, second_end, second_end + 9) == 0


def test_at_most_one_block_is_not_written_in_time(tmp_path: Path) -> None:
    log = FrameLogWriter(FrameLogSettings(folder=tmp_path), Counters())
    log.open()
    log.append(Kind.FRAME, 1, BEGAN_NS, b"sealed")
    log.seal()
    wait_until(lambda: log.written_before >= log.next_number)
    log.append(Kind.FRAME, 1, BEGAN_NS, b"still in memory")
    # The log is not closed here, as if the process were killed.
    assert payloads(tmp_path) == [b"sealed"]
    log.close()


def test_the_oldest_segments_are_removed_when_the_log_is_too_large_or_too_old(tmp_path: Path) -> None:
    with logging(tmp_path, block_bytes=100, segment_bytes=500) as log:
        for n in range(100):
            log.append(Kind.FRAME, 1, BEGAN_NS + n, os.urandom(60))
    before = segments(tmp_path)
    bounded = FrameLogSettings(folder=tmp_path, bytes_max=2_000)
    retention.drop_old(tmp_path, bounded, committed_until=0)
    after = segments(tmp_path)
    assert 0 < len(after) < len(before)
    assert after == before[-len(after) :]
    assert retention.measure(tmp_path)[0] <= 2_000
    for segment in after:
        os.utime(segment, (0, 0))
    # Segments of any age are kept until the database has them.
    assert retention.drop_old(tmp_path, FrameLogSettings(folder=tmp_path), committed_until=0) == 0
    # A clock that is wrong for a moment makes every segment look old, so few are removed at once.
    limit = retention.AGED_SEGMENTS_MAX
    assert retention.drop_old(tmp_path, FrameLogSettings(folder=tmp_path), committed_until=1 << 62) == limit
    assert segments(tmp_path) == after[limit:]
    while retention.drop_old(tmp_path, FrameLogSettings(folder=tmp_path), committed_until=1 << 62):
        assert segments(tmp_path)
    assert segments(tmp_path) == after[-1:]


def test_a_clock_that_is_wrong_for_a_while_removes_few_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "UPKEEP_SECONDS", 0.0)
    with logging(tmp_path, segment_bytes=1) as log:
        for n in range(20):
            log.append(Kind.FRAME, 1, BEGAN_NS + n, b"early")
            log.seal()
    with logging(tmp_path, segment_bytes=1) as log:
        log.committed_until = log.next_number
        before = set(segments(tmp_path))
        for segment in before:
            os.utime(segment, (0, 0))
        looks = 0

        def look(folder: Path) -> tuple[int, float]:
            nonlocal looks
            looks += 1
            return len(segments(folder)), 0.0

        monkeypatch.setattr(writer, "measure", look)
        log.seal()
        wait_until(lambda: looks > 10)
        # One segment was begun.
        assert before - set(segments(tmp_path)) == set(sorted(before)[: retention.AGED_SEGMENTS_MAX])


def test_logging_goes_on_once_a_full_disk_has_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = True
    write = os.write

    def write_or_fail(descriptor: int, content: bytes) -> int:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content)

    monkeypatch.setattr(writer.os, "write", write_or_fail)
    monkeypatch.setattr(writer, "RECOVERED_SECONDS_MIN", 0.0)
    counters = Counters()
    log = FrameLogWriter(FrameLogSettings(folder=tmp_path), counters)
    log.open()
    for expected, payload in (("frames cannot be logged: No space left on device", b"lost"), ("", b"kept")):
        number = log.append(Kind.FRAME, 1, BEGAN_NS, payload)
        log.seal()
        wait_until(lambda number=number: log.written_before > number)
        assert counters.log_failure == expected
        full = False
    log.close()
    assert payloads(tmp_path) == [b"kept"]
    # The failed write left no file behind.
    assert len(segments(tmp_path)) == 1


@pytest.mark.parametrize(("total", "reserve"), [(10 * 10**9, 10**9), (200 * 10**9, 2 << 30)])
def test_the_reserve_of_a_small_disk_is_a_tenth_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int, reserve: int
) -> None:
    measure_as(monkeypatch, free=1_500_000_000, total=total)
    counters = Counters()
    log = FrameLogWriter(FrameLogSettings(folder=tmp_path), counters)
    log.open()
    wait_until(lambda: counters.log_free_bytes > 0)
    log.close()
    assert (counters.log_free_bytes, counters.log_reserve_bytes) == (1_500_000_000, reserve)
