"""Whatever records the frame log holds, the database takes what they are decoded to, on both engines."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import FRAME, LogRecord
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.settings import WritingSettings
from tests.support.any_json import GOOD, Record, any_records
from tests.support.engines import Database
from tests.support.receiving import fetch

BEGAN_NS = 1_793_109_600_000_000_000
STREAMS = ("trades", "orderbook_deltas", "orderbook_snapshots", "tickers", "index_values", "lifecycle_events")
# The server and its tables are made once for all examples.
FEW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def decode(records: Sequence[Record], connection_id: int) -> list[Item]:
    decoder = FrameDecoder(connection_id, WritingSettings())
    logged = (
        LogRecord(connection_id + place, BEGAN_NS, connection_id, *record) for place, record in enumerate(records)
    )
    return [item for record in logged for item in decoder.decode(record).items]


def test_the_database_takes_whatever_records_are_decoded_to(kalshi_ts: Database) -> None:
    counters = Counters()
    committer = Committer(kalshi_ts.conninfo("gatherer"), WritingSettings(), counters)
    frames = rows = number = 0

    @FEW
    @given(any_records())
    def commit(records: list[Record]) -> None:
        nonlocal frames, rows, number
        items = decode(records, number + 1)
        number += len(records)
        committer.commit(items, number)
        frames += sum(kind == FRAME and payload in GOOD for kind, payload in records)
        rows += sum(item.frame in GOOD for item in items)

    commit()
    committer.disconnect()
    assert counters.database_failures == 0
    held = sum(fetch(kalshi_ts, f"select count(*) from capture.{stream}")[0][0] for stream in STREAMS)
    assert held + counters.snapshots_repeated >= rows == frames > 0
    reasons = fetch(kalshi_ts, "select reason from capture.quarantine where reason like 'refused%'")
    assert reasons == []
    assert fetch(kalshi_ts, "select count(*) from capture.connections where closed_at is null") == [(0,)]
