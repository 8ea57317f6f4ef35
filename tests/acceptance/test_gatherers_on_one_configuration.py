"""Several gatherers on one configuration: a second one waits for its turn, and shards share the books."""

import pytest

from tests.acceptance.conftest import Rehearse
from tests.acceptance.test_gatherer_crashes import assert_nothing_logged_is_lost, captured_rows, logged_rows
from tests.support.waiting import wait_until

BOOKS = "subscriptions where channel = 'orderbook_delta'"
WAITS = "another gatherer runs, waiting for its end"
SHARD_SECOND = 1 << 53


@pytest.mark.parametrize("crashes", [False, True], ids=["the first one stops", "the first one is killed"])
def test_a_second_gatherer_waits_and_takes_over(rehearse: Rehearse, crashes: bool) -> None:
    rehearsal = rehearse(1)
    rehearsal.start("--lifecycles=0")
    rehearsal.wait_for("orderbook_deltas", 100)
    first = rehearsal.gatherers.pop(1)
    rehearsal.start_beside("second")
    wait_until(lambda: rehearsal.logged(WAITS, name="second"), WAITS)
    rehearsal.wait_for("orderbook_deltas", rehearsal.counted("orderbook_deltas") + 100)
    assert rehearsal.counted(f"{BOOKS} and ended_at is not null") == 0
    if crashes:
        first.kill()
    else:
        first.stop()
    rehearsal.wait_for(f"{BOOKS} and ended_at is not null", 40)
    rehearsal.wait_for(f"{BOOKS} and ended_at is null", 40)
    assert rehearsal.counted(f"{BOOKS} and end_reason = 'crashed'") == (40 if crashes else 0)
    rehearsal.end_trading()
    rehearsal.stop_gatherers()
    assert_nothing_logged_is_lost(rehearsal)
    (line,) = rehearsal.logged(WAITS, name="second")
    assert f"is held by pid {first.pid} on " in line["reason"]


def test_a_gatherer_that_waits_stops_when_asked_to(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start("--lifecycles=0")
    second = rehearsal.start_beside("second")
    wait_until(lambda: rehearsal.logged(WAITS, name="second"), WAITS)
    second.stop()
    rehearsal.gatherers[1].require_running()
    assert rehearsal.counted(f"{BOOKS} and ended_at is null") == 40


def test_a_shard_that_is_killed_loses_nothing_and_leaves_the_other_alone(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start_exchange("--lifecycles=1", "--rate=600")
    rehearsal.start_beside("shard-1", "--shard=1/2")
    second = rehearsal.start_beside("shard-2", "--shard=2/2")
    rehearsal.until("started")
    rehearsal.wait_for("orderbook_deltas", 500)
    rehearsal.wait_for(f"orderbook_deltas where connection_id >= {SHARD_SECOND}", 50)
    second.kill()
    rehearsal.beside.remove(second)
    rehearsal.start_beside("shard-2-again", "--shard=2/2")
    rehearsal.wait_for("connections where close_reason = 'crashed'", 2)
    rehearsal.wait_for(f"{BOOKS} and ended_at is null", 40)
    rehearsal.end_trading()
    rehearsal.stop_gatherers()
    assert rehearsal.counted(f"subscriptions where end_reason = 'crashed' and connection_id < {SHARD_SECOND}") == 0
    assert rehearsal.counted(f"{BOOKS} and end_reason = 'crashed'") > 0
    assert rehearsal.counted("connections where closed_at is null") == 0
    held, folder = captured_rows(rehearsal, 1), rehearsal.frames(1)
    for frames in (folder, folder / "shard-2"):
        logged = logged_rows(frames)
        assert len(logged) > 100
        assert logged <= held
    assert rehearsal.rows("select status ->> 'state' from sync.heartbeat_v1") == [("stopped",)]
