"""Whatever arrives, nothing is raised: good messages become rows, everything else a row in quarantine."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import FRAME, LogRecord, record_head, seal
from kalshi_data.gatherer.recording.batch import STATE_COLUMNS, Item
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.events import count
from kalshi_data.gatherer.recording.replay import FrameLogReplay
from kalshi_data.gatherer.recording.subscriptions import CONTROL_TYPES
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.decoding import REPORTED_FIELDS_MAX
from tests.support.any_json import GOOD, Record, any_records

# On a busy machine any example may take long, so there is no deadline.
UNHURRIED = settings(deadline=None, max_examples=150)
CONNECTION = 1
SECOND_NS = 1_000_000_000
EVENTS_MAX = 2 * REPORTED_FIELDS_MAX + 5


def decode_live(records: Sequence[Record]) -> list[Item]:
    """Decode records as a live connection does."""
    decoder, counters, items = FrameDecoder(CONNECTION, WritingSettings()), Counters(), list[Item]()
    for number, (kind, payload) in enumerate(records, start=1):
        decoded = decoder.decode(LogRecord(number, number * SECOND_NS, CONNECTION, kind, payload))
        items += decoded.items
        assert len(decoded.events) <= EVENTS_MAX
        if kind == FRAME and decoded.message_type not in CONTROL_TYPES:
            assert len([item for item in decoded.items if item.stream not in STATE_COLUMNS]) == 1
        for event in decoded.events:
            count(event, counters, CONNECTION)
    assert len(counters.quarantined) <= 50
    return items


def decode_log(records: Sequence[Record]) -> list[Item]:
    """Write records to a frame log and decode that."""
    items: list[Item] = []
    lines = [
        record_head(number * SECOND_NS, CONNECTION, kind, len(payload)) + payload + b"\n"
        for number, (kind, payload) in enumerate(records, start=1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        segment = Path(folder) / f"frames-{1:020}.zst"
        segment.write_bytes(seal(b"".join(lines), 1, len(lines), SECOND_NS, len(lines) * SECOND_NS))
        log = FrameLogReplay(Path(folder), 1, WritingSettings(), lambda batch, _: items.extend(batch))
        log.read(len(lines) + 1)
    return items


@UNHURRIED
@given(any_records())
def test_any_records_are_decoded_alike_live_and_from_the_log(records: list[Record]) -> None:
    items = decode_live(records)
    assert decode_log(records) == items
    good = [payload for kind, payload in records if kind == FRAME and payload in GOOD]
    rows = [item for item in items if item.stream not in STATE_COLUMNS]
    assert [item.frame for item in rows if item.frame in GOOD] == good
    assert {item.stream for item in rows if item.frame in GOOD}.isdisjoint({"quarantine"})
    for item in items:
        check_row(item)


def check_row(item: Item) -> None:
    """A row holds nothing that PostgreSQL refuses for its kind."""
    for value in item.row:
        if isinstance(value, str):
            assert b"\x00" not in value.encode()
        if isinstance(value, int):
            assert -(2**63) <= value < 2**63
