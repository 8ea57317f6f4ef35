"""The committer asks for the partitions of each hour it writes, and remembers no more hours than a batch has."""

from datetime import UTC, datetime, timedelta
from unittest.mock import MagicMock

from kalshi_data.database.connection import query
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.settings import WritingSettings

BEGAN = datetime(2026, 11, 2, 7, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


class AskedHours:
    """A committer whose database only lists for which hours it is asked for partitions."""

    def __init__(self) -> None:
        self._database = MagicMock()
        self._committer = Committer("", WritingSettings(), Counters(), database=self._database)
        self._number = 0

    def commit(self, *received: datetime) -> list[datetime]:
        """Commit a batch of rows, and return the hours for which partitions are asked, without those ahead."""
        execute = self._database.get.return_value.execute
        execute.reset_mock()
        self._number += 1
        self._committer.commit([Item("trades", (), b"", self._number, 1, moment) for moment in received], self._number)
        ensure = query("capture/record/ensure_partitions")
        asked = [call.args[1]["moment"] for call in execute.call_args_list if call.args[0] is ensure]
        return sorted(hour for hour in asked if hour <= max(received))


def test_an_hour_is_asked_for_once_while_batches_are_of_it() -> None:
    asked = AskedHours()
    assert asked.commit(BEGAN) == [BEGAN.replace(minute=0)]
    assert asked.commit(BEGAN, BEGAN + timedelta(minutes=5)) == []
    assert asked.commit(BEGAN, BEGAN + HOUR) == [BEGAN.replace(minute=0) + HOUR]
    assert asked.commit(BEGAN + HOUR) == []


def test_hours_that_are_over_are_forgotten() -> None:
    asked = AskedHours()
    first = asked.commit(BEGAN)
    for number in range(1, 200):
        asked.commit(BEGAN + number * HOUR)
    assert asked.commit(BEGAN) == first
