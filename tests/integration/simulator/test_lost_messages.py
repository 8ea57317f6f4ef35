"""Of equal messages, those that were sent to no connection are the ones that production lacks."""

import json
from pathlib import Path

from kalshi_data.simulator.lost_messages import list_lost
from kalshi_data.simulator.verification import count_stream, load_journal
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
