"""Every fault of the exchange on one connection: what the gatherer does, and that exactly what was not sent is missing."""

from tests.acceptance.conftest import Rehearse
from tests.acceptance.rehearsal import Rehearsal

# With one gatherer nobody else fills a gap, and without stories every market is subscribed from the beginning.
CALM = "--stories=0"
BOOKS = "channel = 'orderbook_delta'"


def unsent(rehearsal: Rehearsal) -> list[int]:
    """Return when messages were published that were sent to nobody, in ms."""
    return [line["published_ms"] for line in rehearsal.published() if line.get("sent") == 0 and is_recorded(line)]


def is_recorded(line: dict[str, dict[str, str]]) -> bool:
    return line["frame"]["type"] != "cfbenchmarks_value"


def assert_only_gaps_are_missing(rehearsal: Rehearsal) -> None:
    """Finish; the journal's gaps must have ended a second before the run, and nothing else be missing."""
    found = rehearsal.finish()
    assert found.complete, str(found)
    gaps = unsent(rehearsal)
    assert found.withheld == len(gaps) > 0
    assert gaps[-1] < max(line["published_ms"] for line in rehearsal.published() if "frame" in line) - 1000


def test_lost_frames_are_gaps_that_end_with_a_snapshot(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start(CALM, "--seconds=6")
    rehearsal.fault("drop_frames", count=3)
    rehearsal.wait_for("gaps where repair = 'snapshot'")
    rehearsal.fault("drop_seconds", seconds=0.5)
    rehearsal.wait_for("gaps where repair = 'snapshot'", 2)
    rehearsal.fault("reorder", seconds=0.5)
    rehearsal.until("finished")
    assert_only_gaps_are_missing(rehearsal)
    gaps = rehearsal.rows("select seq_received - seq_expected, channel from capture.gaps order by frame_number")
    assert len(gaps) == 2
    assert gaps[0] == (3, "orderbook_delta")
    assert rehearsal.counted("connections") == 3
    # Every book was covered until the frame before the gap and again from its snapshot on, both times.
    assert rehearsal.counted(f"subscriptions where {BOOKS} and end_reason = 'gap'") == 2 * 40
    assert rehearsal.counted(f"subscriptions where {BOOKS} and end_reason = 'stopped'") == 40
    overlapping = """
        select count(*) from capture.subscriptions as s, capture.gaps as g
        where s.channel = g.channel and s.began_at < g.detected_at and coalesce(s.ended_at, 'infinity') > g.began_at
    """
    assert rehearsal.rows(overlapping) == [(0,)]
