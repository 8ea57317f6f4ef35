"""Three gatherers and faults that affect one of them: the others fill its gaps, so nothing is missing."""

import time

from tests.acceptance.conftest import WITH_ALL_FIELDS_AND_WITHOUT, Rehearse
from tests.acceptance.rehearsal import ARRIVAL_SECONDS, QUICK, Rehearsal
from tests.support.waiting import wait_until

BOOKS = "channel = 'orderbook_delta'"
FRAMES = 5
COARSE = 200


def data_frames(rehearsal: Rehearsal, number: int) -> int:
    """Return how many frames a gatherer has committed on its connection with books, kept ones included."""
    deltas = rehearsal.counted("orderbook_deltas", number)
    return deltas + rehearsal.counted("quarantine", number)


@WITH_ALL_FIELDS_AND_WITHOUT
def test_frames_that_one_gatherer_cannot_read_come_from_the_others(rehearse: Rehearse) -> None:
    rehearsal = rehearse(3)
    # The answer to an audit, which only one gatherer asks for, may be one of the frames that are cut off.
    rehearsal.start("--lifecycles=1", settings={**QUICK, "subscriptions": {"audit_seconds": 0}})
    for name in ("unknown_fields", "unknown_type", "empty_market_id", "malformed_json", "wrong_decimals"):
        rehearsal.fault(name, client="gatherer-1", count=FRAMES)
        time.sleep(ARRIVAL_SECONDS)
        seen = data_frames(rehearsal, 1)
        wait_until(lambda seen=seen: data_frames(rehearsal, 1) > seen + FRAMES, name)
    found = rehearsal.finish()
    assert found.complete, str(found)
    kept = rehearsal.rows("select split_part(reason, ':', 1), count(*) from capture.quarantine group by 1 order by 1")
    assert kept == [("not JSON", FRAMES), ("unknown message type", FRAMES)]
    lines = rehearsal.logged("unknown field, the row is stored without it")
    assert {(line["type"], line["field"]) for line in lines} == {("orderbook_delta", "undocumented_field")}
    # A frame that is not JSON is a gap, after which each book had a snapshot.
    assert rehearsal.rows("select sum(seq_received - seq_expected), min(repair), max(repair) from capture.gaps") == [
        (FRAMES, "snapshot", "snapshot")
    ]
    for number in (2, 3):
        assert rehearsal.counted("quarantine", number) == rehearsal.counted("gaps", number) == 0


@WITH_ALL_FIELDS_AND_WITHOUT
def test_production_is_complete_if_one_gatherer_at_a_time_misses_frames(rehearse: Rehearse) -> None:
    rehearsal = rehearse(3)
    rehearsal.start("--lifecycles=0", settings={"subscriptions": {"silence_seconds_max": 3, "audit_seconds": 0}})
    rehearsal.fault("drop_frames", client="gatherer-1", count=3)
    rehearsal.wait_for("gaps where repair = 'snapshot'", number=1)
    rehearsal.fault("disconnect", client="gatherer-2")
    rehearsal.wait_for(f"subscriptions where {BOOKS} and end_reason = 'closed'", 40, number=2)
    rehearsal.wait_for(f"subscriptions where {BOOKS} and ended_at is null", 40, number=2)
    rehearsal.fault("silence", client="gatherer-3", seconds=60)
    rehearsal.wait_for("connections where close_reason = 'nothing arrived for 3.0 s'", number=3)
    rehearsal.wait_for(f"subscriptions where {BOOKS} and ended_at is null", 40, number=3)
    found = rehearsal.finish()
    assert found.complete, str(found)
    # Every message was sent to at least one client, so no message may be missing.
    assert found.withheld == 0
    assert found.books > 100


@WITH_ALL_FIELDS_AND_WITHOUT
def test_maintenance_disconnects_every_client_and_restarts_clocks(rehearse: Rehearse, without: str) -> None:
    rehearsal = rehearse(3)
    rehearsal.start("--lifecycles=0")
    changed = "orderbook_deltas" if without else "orderbook_deltas where clock > 20"
    wait_until(lambda: rehearsal.counted(changed) > 50, "clocks that can go back")
    rehearsal.fault("maintenance", seconds=2)
    for number in rehearsal.numbers:
        rehearsal.wait_for("connections where close_reason = 'the connection broke'", 3, number)
        rehearsal.wait_for(f"subscriptions where {BOOKS} and ended_at is null", 40, number)
        wait_until(lambda number=number: rehearsal.logged("missed trades fetched", number), "trades fetched")
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert found.withheld > 0
    assert found.books > 100
    trades = [line for line in rehearsal.published() if line.get("frame", {}).get("type") == "trade"]
    assert any(line["sent"] == 0 for line in trades)
    assert found.streams["trades"].present == len(trades)
    # Maintenance is expected, so no error is logged.
    levels = {line["level"] for line in rehearsal.lines(1)}
    assert levels <= {"info", "warning"}


def test_fields_that_one_gatherer_lacks_for_a_while_make_no_change_twice(rehearse: Rehearse) -> None:
    rehearsal = rehearse(3)
    rehearsal.start("--lifecycles=0", "--rate=500")
    for number, fields in ((1, ["ts"]), (2, ["clock"]), (3, ["clock", "ts", "market_id"])):
        rehearsal.fault("missing_fields", client=f"gatherer-{number}", count=COARSE, fields=fields)
        time.sleep(ARRIVAL_SECONDS)
        seen = data_frames(rehearsal, number)
        wait_until(lambda seen=seen, number=number: data_frames(rehearsal, number) > seen + COARSE, f"{fields}")
    rehearsal.fault("rollout", client="gatherer-1", fields=["market_id"], seconds=0.5)
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert found.books > 100
    lacking = [line["lacking"] for line in rehearsal.published() if "after" in line and "lacking" in line]
    assert {tuple(each) for each in lacking} >= {("ts",), ("clock",), ("clock", "market_id", "ts")}
    # The rollout reached every connection.
    unsent = {tuple(line.get("unsent", ())) for line in rehearsal.published() if "after" in line}
    assert unsent == {(), ("market_id",)}


def test_fields_that_are_no_longer_sent_change_no_value(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    one = {"subscriptions": {"connections_per_channel": 1}}
    rehearsal.start("--lifecycles=0", "--rate=1500", settings=one)
    rehearsal.fault("no_deprecated_fields", connection=1, count=100_000)
    seen = rehearsal.counted("trades")
    wait_until(lambda: rehearsal.counted("trades") > seen + 5, "trades without them")
    rehearsal.fault("no_deprecated_fields", count=COARSE)
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert rehearsal.counted("quarantine") == rehearsal.counted("gaps") == 0
