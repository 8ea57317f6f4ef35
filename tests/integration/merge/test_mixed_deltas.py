"""Changes whose fields come and go are held once, whatever the shards and whichever process is killed."""

from collections import Counter
from collections.abc import Sequence

import pytest

from kalshi_data.shard import EVERYTHING, Shard
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import NOW, Frame, frame, later, merge, receive, rows

MARKETS = [f"KX{number}" for number in range(12)]
# What each of three lines lacks, change by change; a line without an entry does not receive the change.
LACKS: Sequence[Sequence[set[str] | None]] = [
    ({"clock"}, {"ts"}, {"ts", "ts_ms"}, None, set(), {"clock", "ts"}),
    (set(), {"clock", "ts"}, set(), {"clock"}, {"ts", "ts_ms", "clock"}, set()),
    ({"ts", "clock"}, set(), {"clock"}, set(), None, {"ts"}),
]


def sent(line: int, market: str) -> list[Frame]:
    """Return what one line receives of six equal changes of a market."""
    found: list[Frame] = []
    for place, lacks in enumerate(LACKS[line]):
        if lacks is None:
            continue
        at = later(place * 0.7 - 60)
        body = {
            "market_ticker": market,
            "side": "yes",
            "price_dollars": "0.4000",
            "delta_fp": "1.00",
            "clock": place + 1,
            "ts": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "ts_ms": int(at.timestamp() * 1000),
        }
        found.append(frame("orderbook_delta", {k: v for k, v in body.items() if k not in lacks}, at))
    return found


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    made = [make_database("kalshi_ts") for _ in LACKS]
    for line, gatherer in enumerate(made):
        receive(gatherer, [each for market in MARKETS for each in sent(line, market)], NOW)
    return made


def clocks(production: Database) -> dict[str, Counter[int]]:
    held: dict[str, Counter[int]] = {}
    for market, clock, digits in rows(production, "orderbook_deltas", "market_ticker clock time_digits"):
        assert digits == 6
        held.setdefault(market, Counter())[clock] += 1
    return held


@pytest.mark.parametrize("shards", [[EVERYTHING], [Shard(1, 2), Shard(2, 2)], [Shard(3, 3), Shard(1, 3), Shard(2, 3)]])
def test_shards_hold_each_change_once_with_the_best_labels(
    production: Database, gatherers: list[Database], shards: list[Shard]
) -> None:
    for _ in range(2):
        for shard in shards:
            merge(production, gatherers, shard=shard)
    assert clocks(production) == {market: Counter(range(1, 7)) for market in MARKETS}
