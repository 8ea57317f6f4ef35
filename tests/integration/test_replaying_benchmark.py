"""A part of the benchmark of replays, small enough for each run of the tests."""

from pathlib import Path

from tests.benchmarks.reading.made_hour import HourSize, write_hour
from tests.benchmarks.replaying.benchmark import SQL, measured

MEMORY_MB_MAX = 1_500


def test_a_window_is_played_and_measured(tmp_path: Path) -> None:
    root = write_hour(tmp_path, HourSize(markets=150, changes=30_000), SQL)
    found = measured(root, tmp_path)
    assert {name.rpartition("_cpu_seconds")[0] for name in found} - {""} == {"first", "first_of_half", "hour"}
    assert all(value > 0 for value in found.values())
    assert found["hour_rss_max_mb"] < MEMORY_MB_MAX
