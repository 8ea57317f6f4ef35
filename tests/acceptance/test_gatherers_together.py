"""Three gatherers and faults that touch one of them: the others fill in, so that nothing at all is missing."""

from tests.acceptance.conftest import Rehearse
from tests.acceptance.rehearsal import Rehearsal, wait_until

BOOKS = "channel = 'orderbook_delta'"
FRAMES = 5


def data_frames(rehearsal: Rehearsal, number: int) -> int:
    """Return how many frames a gatherer has committed on its connection with books, kept ones included."""
    deltas = rehearsal.counted("orderbook_deltas", number)
    return deltas + rehearsal.counted("quarantine", number)


def test_frames_that_one_gatherer_cannot_read_come_from_the_others(rehearse: Rehearse) -> None:
    rehearsal = rehearse(3)
    rehearsal.start("--stories=1")
    for name in ("unknown_fields", "unknown_type", "empty_market_id", "malformed_json", "wrong_decimals"):
        seen = data_frames(rehearsal, 1)
        rehearsal.fault(name, client="gatherer-1", count=FRAMES)
        wait_until(lambda seen=seen: data_frames(rehearsal, 1) > seen + 4 * FRAMES, name)
    found = rehearsal.finish()
    assert found.complete, str(found)
    kept = rehearsal.rows("select split_part(reason, ':', 1), count(*) from capture.quarantine group by 1 order by 1")
    assert kept == [("not JSON", FRAMES), ("unknown message type", FRAMES)]
    unknown = {
        (line["type"], line["field"]) for line in rehearsal.logged("unknown field, the row is stored without it")
    }
    assert unknown == {("orderbook_delta", "field_of_tomorrow"), ("orderbook_delta", "envelope_of_tomorrow")}
    # What could not be read as JSON shows as a gap, for which each book had a snapshot.
    assert rehearsal.rows("select sum(seq_received - seq_expected), min(repair), max(repair) from capture.gaps") == [
        (FRAMES, "snapshot", "snapshot")
    ]
    for number in (2, 3):
        assert rehearsal.counted("quarantine", number) == rehearsal.counted("gaps", number) == 0
