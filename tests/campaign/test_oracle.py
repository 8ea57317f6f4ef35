"""What counts as lost without a promise."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kalshi_data.simulator.lost_messages import LostMessage
from tests.campaign.oracle import first_sent_at, is_unknown

SENT_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
BEFORE, AFTER = (SENT_AT + timedelta(seconds=seconds) for seconds in (-1, 1))


@pytest.mark.parametrize(
    ("stream", "published_at", "state", "connections", "expected"),
    [
        ("trades", BEFORE, "covered", 0, True),
        ("trades", SENT_AT, "covered", 0, True),
        ("trades", AFTER, "covered", 0, False),
        ("trades", BEFORE, "covered", 1, False),
        ("orderbook_deltas", AFTER, "none", 0, True),
        ("orderbook_deltas", AFTER, "repaired", 0, False),
        ("orderbook_deltas", AFTER, "none", 1, False),
    ],
)
def test_nothing_is_expected_before_a_first_message_was_sent(
    stream: str, published_at: datetime, state: str, connections: int, expected: bool
) -> None:
    lost = LostMessage(stream, "", published_at, state, connections, [])
    assert is_unknown(lost, SENT_AT) is expected


def test_the_journal_says_when_a_message_was_first_sent(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    lines = [f'{{"published_ms":{1_000 * n},"sent":{sent},"frame":{{}}}}' for n, sent in enumerate((0, 0, 2, 1))]
    journal.write_text("\n".join(['{"published_ms":0,"connection":{"event":"connected"}}', *lines]))
    assert first_sent_at(journal) == datetime.fromtimestamp(2, UTC)
