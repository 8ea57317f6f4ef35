"""Keys of objects are the UTC date and hour of their rows, on both sides of the edges of a day, a month and a year."""

from datetime import datetime

import pytest

from kalshi_data.archive.manifest import partition_path
from kalshi_data.archive.schemas import ARCHIVED

STREAMS = {stream.name: stream for stream in ARCHIVED}


@pytest.mark.parametrize(
    ("begins_at", "date", "hour"),
    [
        ("2026-12-31T23:00+00:00", "2026-12-31", "23"),
        ("2027-01-01T00:00+00:00", "2027-01-01", "00"),
        ("2028-02-29T23:00+00:00", "2028-02-29", "23"),
        ("2028-03-01T00:00+00:00", "2028-03-01", "00"),
        # New York's clocks show this hour twice; keys are UTC, so each has its own.
        ("2026-11-01T05:00+00:00", "2026-11-01", "05"),
        ("2026-11-01T06:00+00:00", "2026-11-01", "06"),
    ],
)
def test_keys_at_the_edges_of_the_calendar(begins_at: str, date: str, hour: str) -> None:
    at = datetime.fromisoformat(begins_at)
    assert partition_path(STREAMS["trades"], at) == f"trades/date={date}/hour={hour}"
    assert partition_path(STREAMS["markets"], at) == f"markets/date={date}"
