"""Of equal messages, those that were sent to no connection are the ones that production lacks."""

import json
from pathlib import Path

import pytest

from kalshi_data.simulator.lost_messages import list_lost
from kalshi_data.simulator.verification import count_stream, load_journal
from tests.support.books import ensure_partitions
from tests.support.engines import Database
from tests.support.staging import NOW, frame, later

STREAM = "lifecycle_events"
BODY = {"market_ticker": "KXA-1", "event_type": "deactivated"}
HELD = """
insert into market_data.lifecycle_events (
    seen_at, subject_ticker, kind, payload_sha256, occurrence, payload, received_at, gatherer_id
) values (%s, 'KXA-1', 'deactivated', sha256('1'), 0, %s, %s, 1)
"""


def test_what_no_connection_got_is_what_is_lost(production: Database, tmp_path: Path) -> None:
    lines = [
        {
            "published_ms": int(later(second).timestamp() * 1000),
            "sent": len(connections),
            "on": connections,
            "frame": frame("market_lifecycle_v2", BODY, later(second)),
        }
        for second, connections in ((0, []), (2, [1]))
    ]
    journal = tmp_path / "journal"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with production.connect() as connection:
        connection.execute("select timeseries.ensure_partition('market_data.lifecycle_events', %s)", (NOW,))
        connection.execute(HELD, (later(2), json.dumps(BODY), later(2)))
        load_journal(connection, journal, keep_withheld=True)
        counts = count_stream(connection, STREAM)
        assert (counts.published, counts.present, counts.lost, counts.invented) == (2, 1, 1, 0)
        assert [(each.published_at, each.connections) for each in list_lost(connection, STREAM)] == [(NOW, 0)]


HELD_DELTA = """
insert into market_data.hot_orderbook_deltas (
    exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
) values (%(at)s, 'KXA-1', 0, 'yes', 0.41, 2, 0, %(at)s, 1, 3)
"""


@pytest.mark.parametrize("lost", [0, 1])
def test_of_two_changes_that_a_row_may_be_the_one_that_was_sent_is_held(
    production: Database, tmp_path: Path, lost: int
) -> None:
    change = {"market_ticker": "KXA-1", "price_dollars": "0.41", "delta_fp": "2", "side": "yes"}
    lines = [
        {
            "published_ms": int(NOW.timestamp() * 1000),
            "sent": 0 if number == lost else 3,
            "on": [] if number == lost else [1, 2, 3],
            "unsent": [],
            # Some line lacked both, so that the row may be either change.
            "lacking": ["clock", "ts"],
            "frame": frame("orderbook_delta", {**change, "clock": 5 + number, **times(number)}),
        }
        for number in (0, 1)
    ]
    journal = tmp_path / "journal"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with production.connect() as connection:
        ensure_partitions(connection, NOW)
        connection.execute(HELD_DELTA, {"at": NOW})
        load_journal(connection, journal, keep_withheld=True)
        counts = count_stream(connection, "orderbook_deltas")
        assert (counts.published, counts.present, counts.lost, counts.invented) == (2, 1, 1, 0)
        assert [each.connections for each in list_lost(connection, "orderbook_deltas")] == [0]


def times(microseconds: int) -> dict[str, object]:
    """Return the times of a change some microseconds after NOW."""
    return {"ts": f"{NOW:%Y-%m-%dT%H:%M:%S}.{microseconds:06}Z", "ts_ms": int(NOW.timestamp() * 1000)}
