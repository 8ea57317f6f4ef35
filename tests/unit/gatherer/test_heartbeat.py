"""What a heartbeat says of the lists of the exchange."""

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.heartbeat import listed_at_seconds
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS


def test_a_table_is_listed_once_each_of_its_lists_was_stored_whole() -> None:
    counters = Counters()
    assert listed_at_seconds(counters) == {}
    counters.listed_at_seconds.update({EVENTS.path: 9.0, MARKETS.path: 3.0})
    assert listed_at_seconds(counters) == {"markets": 3.0}
    counters.listed_at_seconds[MULTIVARIATE_EVENTS.path] = 5.0
    assert listed_at_seconds(counters) == {"events": 9.0, "markets": 3.0}
