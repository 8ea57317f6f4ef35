"""Equal messages that have no key stay apart, and become one only with their copies from other gatherers."""

from collections import Counter
from datetime import datetime
from itertools import product
from operator import itemgetter
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import Frame, frame, later, merge, receive, rows

CHANGE: dict[str, Any] = {"price_dollars": "0.41", "delta_fp": "1.00", "side": "yes"}
LIFECYCLE: dict[str, Any] = {"event_type": "activated"}
MESSAGES = 10


def repeated(late: bool) -> list[tuple[datetime, Frame]]:
    """Return equal messages of many markets as one gatherer receives them, or another one a little late."""
    sent: list[tuple[datetime, Frame]] = []
    for kind, body in (("orderbook_delta", CHANGE), ("market_lifecycle_v2", LIFECYCLE)):
        for pause, lateness, number in product((0.5, 4.95, 5.05, 7, 10.1, 14), (0.1, 2, 4.5), range(MESSAGES)):
            at = later(pause * number - 300 + (lateness + number % 2 / 50 if late else 0))
            sent.append((at, frame(kind, {"market_ticker": f"KX{pause}-{lateness}", **body}, at)))
    return sorted(sent, key=itemgetter(0))


@pytest.mark.parametrize("at_once", [True, False])
def test_messages_that_follow_each_other_are_not_taken_for_copies(
    production: Database, make_database: MakeDatabase, *, at_once: bool
) -> None:
    gatherers = [make_database("kalshi_ts") for _ in range(2)]
    # The gatherer that is late is merged first if they are not merged at once.
    for late, gatherer in ((True, gatherers[1]), (False, gatherers[0])):
        receive(gatherer, [message for _, message in repeated(late)])
        if not at_once:
            merge(production, gatherers)
    merge(production, gatherers)
    for table, ticker in (("orderbook_deltas", "market_ticker"), ("lifecycle_events", "subject_ticker")):
        held = Counter(market for market, *_ in rows(production, table, f"{ticker} occurrence gatherer_id"))
        assert len(held) == 18
        assert set(held.values()) == {MESSAGES}, held
