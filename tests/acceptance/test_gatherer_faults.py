"""Faults of the exchange with one gatherer: exactly the messages that were not sent are missing."""

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from kalshi_data.simulator.faults.scenarios import SCENARIOS
from tests.acceptance.conftest import WITH_ALL_FIELDS_AND_WITHOUT, Rehearse
from tests.acceptance.rehearsal import QUICK, Rehearsal
from tests.support.waiting import wait_until

# One gatherer, so that no other fills its gaps; no lifecycles, so that every market is subscribed from the start.
CALM = "--lifecycles=0"
BOOKS = "channel = 'orderbook_delta'"


def unsent(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """Return the messages that were sent to no client."""
    lines = [line for line in rehearsal.published() if line.get("sent") == 0]
    return [line for line in lines if line["frame"]["type"] != "cfbenchmarks_value"]


def assert_only_gaps_are_missing(rehearsal: Rehearsal) -> None:
    """Finish; the journal's gaps must have ended a second before the stop, and nothing else be missing."""
    found = rehearsal.finish()
    assert found.complete, str(found)
    gaps = [line["published_ms"] for line in unsent(rehearsal)]
    assert gaps
    assert gaps[-1] < max(line["published_ms"] for line in rehearsal.published()) - 1000


def test_every_fault_of_the_exchange_is_rehearsed() -> None:
    rehearsed = "".join(path.read_text() for path in Path(__file__).parent.glob("test_gatherer*.py"))
    assert [name for name in SCENARIOS if f'"{name}"' not in rehearsed] == []


@WITH_ALL_FIELDS_AND_WITHOUT
def test_lost_frames_are_gaps_that_end_with_a_snapshot(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start(CALM)
    rehearsal.fault("drop_frames", count=3)
    rehearsal.wait_for("gaps where repair = 'snapshot'")
    # Long enough that even a busy exchange, which publishes late, drops frames.
    rehearsal.fault("drop_seconds", seconds=2)
    rehearsal.wait_for("gaps where repair = 'snapshot'", 2)
    rehearsal.fault("reorder", seconds=0.5)
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


def test_a_subscription_that_ends_is_restarted_on_the_same_connection(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start(CALM)
    for number, (name, code) in enumerate({"overflow": 25, "channel_error": 10}.items(), start=1):
        rehearsal.fault(name)
        rehearsal.wait_for(f"subscriptions where {BOOKS} and end_reason = 'error {code}'", 40)
        rehearsal.wait_for(f"subscriptions where {BOOKS} and sid = {number + 1}", 40)
    assert_only_gaps_are_missing(rehearsal)
    assert rehearsal.counted("connections") == 3
    assert rehearsal.counted("gaps") == 0
    assert rehearsal.counted(f"subscriptions where {BOOKS} and end_reason = 'stopped'") == 40


def test_missed_trades_come_from_rest(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    one = {"subscriptions": {"connections_per_channel": 1, "index_values": False}, **QUICK}
    rehearsal.start(CALM, "--rate=600", settings=one, everything=False)
    rehearsal.fault("drop_frames", count=40, connection=1)
    rehearsal.wait_for("gaps where channel = 'trade' and repair = 'rest'")
    # The connection is closed for a while, and the channel with it.
    rehearsal.fault("refuse_connections", seconds=1)
    rehearsal.fault("disconnect", connection=1)
    rehearsal.wait_for("connections where name = 'all-markets-1'", 2)
    wait_until(lambda: len(rehearsal.logged("missed trades fetched")) >= 2, "trades fetched")
    assert_only_gaps_are_missing(rehearsal)
    withheld = [line["frame"]["msg"]["trade_id"] for line in unsent(rehearsal) if line["frame"]["type"] == "trade"]
    fetched = {trade_id for (trade_id,) in rehearsal.rows("select trade_id from capture.trades where sid is null")}
    # Messages on their way when the connection broke count as sent, but may have been fetched, too.
    assert set(withheld) <= fetched
    assert len(withheld) > 3


def test_connections_that_end_are_opened_again(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start(CALM, settings={"subscriptions": {"silence_seconds_max": 2.5}})
    rehearsal.fault("refuse_connections", seconds=1.5)
    rehearsal.fault("disconnect")
    rehearsal.wait_for("connections where name = 'books-1'", 2)
    refused = rehearsal.logged("connection refused, trying again")
    assert [(line["connection"], line["status"]) for line in refused] == [("books-1", 429)]
    rehearsal.fault("silence", seconds=60)
    rehearsal.wait_for("connections where close_reason = 'nothing arrived for 2.5 s'")
    rehearsal.wait_for("connections where name = 'books-1'", 3)
    rehearsal.wait_for(f"subscriptions where {BOOKS} and ended_at is null", 40)
    assert_only_gaps_are_missing(rehearsal)
    reasons = rehearsal.rows("select close_reason from capture.connections where name = 'books-1' order by opened_at")
    assert reasons == [("the connection broke",), ("nothing arrived for 2.5 s",), ("stopped",)]
    assert rehearsal.counted(f"subscriptions where {BOOKS} and end_reason = 'closed'") == 2 * 40


def test_a_connection_that_ends_amid_snapshots_is_subscribed_in_full(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    slow = {"subscriptions": {"markets_per_command_max": 5, "commands_per_second_max": 4}}
    rehearsal.start_exchange(CALM)
    rehearsal.start_gatherer(1, slow)
    rehearsal.wait_for(f"subscriptions where {BOOKS}")
    rehearsal.fault("disconnect_in_snapshots", count=12)
    rehearsal.until("started")
    assert rehearsal.finish().complete
    assert rehearsal.counted("connections where name = 'books-1' and close_reason = 'the connection broke'") == 1
    broken = rehearsal.counted(f"subscriptions where {BOOKS} and end_reason = 'closed'")
    assert 12 < broken < 40
    assert rehearsal.counted(f"subscriptions where {BOOKS} and end_reason = 'stopped'") == 40


def test_refused_commands_are_sent_again_or_on_another_connection(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    slow = {"subscriptions": {"markets_per_command_max": 5, "commands_per_second_max": 4}}
    rehearsal.start_exchange(CALM)
    rehearsal.start_gatherer(1, slow)
    for action, (name, code) in {
        "RETRY": ("command_timeout", 18),
        "SLOW_DOWN": ("command_limit", 27),
        "MOVE": ("market_limit", 26),
    }.items():
        rehearsal.wait_for(f"subscriptions where {BOOKS}", 1 + rehearsal.counted(f"subscriptions where {BOOKS}"))
        rehearsal.fault(name)
        expected = [("books-1", code, action)]
        wait_until(lambda expected=expected: refusals(rehearsal)[-1:] == expected, f"{name} refused")
    rehearsal.until("started")
    assert rehearsal.finish().complete
    placed = dict(
        rehearsal.rows(f"""
        select c.name, count(*) from capture.subscriptions as s
        inner join capture.connections as c on s.connection_id = c.connection_id
        where s.{BOOKS} and s.end_reason = 'stopped'
        group by c.name
    """)
    )
    assert set(placed) == {"books-1", "books-2"}
    assert sum(placed.values()) == 40
    assert rehearsal.counted("connections") == 4


def refusals(rehearsal: Rehearsal) -> list[tuple[str, int, str]]:
    """Return connection, code and action of each refused command."""
    return [(line["connection"], line["code"], line["action"]) for line in rehearsal.logged("command refused")]


def test_a_snapshot_that_is_refused_after_a_gap_is_requested_again(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start(CALM, settings={"subscriptions": {"audit_seconds": 0}})
    rehearsal.fault("market_limit")
    rehearsal.fault("drop_frames", count=3)
    rehearsal.wait_for("gaps where repair = 'snapshot'")
    assert len(refusals(rehearsal)) == 1
    rehearsal.wait_for(f"subscriptions where {BOOKS} and ended_at is null", 40)
    assert_only_gaps_are_missing(rehearsal)
    assert rehearsal.counted("connections") == 3


def test_the_registry_is_loaded_despite_every_fault_of_rest(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start_exchange("--lifecycles=1", "--markets=1200")
    # Each fault lasts until it is ended below, however slow the machine is.
    rehearsal.fault("rest_429", seconds=600)
    rehearsal.start_gatherer(1)
    wait_until(lambda: rehearsal.logged("connected"), "connected while REST is refused")
    for name, following in pairwise(("rest_429", "rest_500", "truncated_pages", "repeated_pages")):
        rehearsal.fault(following, seconds=600)
        rehearsal.fault(name, seconds=0)
        time.sleep(1)
        assert not [line for line in rehearsal.logged("registry listed") if line["objects"] > 1000]
    repeated = "a cursor came back again"
    wait_until(lambda: any(repeated in line.get("error", "") for line in rehearsal.lines()), repeated)
    rehearsal.fault("repeated_pages", seconds=0)
    rehearsal.until("started")
    found = rehearsal.finish()
    assert found.complete, str(found)
    known = "select count(*) from registry.markets where ticker not like '%NEW%'"
    assert rehearsal.rows(known, kind="kalshi_meta") == [(1200,)]


def test_markets_that_rest_does_not_show_yet_are_subscribed_all_the_same(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start("--lifecycles=4")
    rehearsal.fault("not_found_after_created", seconds=2)
    rehearsal.fault("clock_skew", seconds=5)
    new = f"subscriptions where {BOOKS} and market_ticker like '%NEW%'"
    rehearsal.wait_for(new, 2)
    known = "select count(*) from registry.markets where ticker like '%NEW%'"
    wait_until(lambda: rehearsal.rows(known, kind="kalshi_meta")[0][0] >= 2, "new markets in the registry")
    found = rehearsal.finish()
    assert found.complete, str(found)


def test_a_halt_and_a_pause_are_recorded_with_their_shard(rehearse: Rehearse) -> None:
    rehearsal = rehearse(1)
    rehearsal.start(CALM, settings={"registry": {"status_seconds": 0.2}})
    asked = "select count(*) from registry.exchange_status where exchange_index = {} and not {}"
    for name, flag, shard in (("trading_pause", "trading_active", 0), ("exchange_halt", "exchange_active", 1)):
        rehearsal.fault(name, seconds=600, shard=shard)
        statement = asked.format(shard, flag)
        wait_until(lambda statement=statement: rehearsal.rows(statement, kind="kalshi_meta")[0][0], name)
        rehearsal.fault(name, seconds=0, shard=shard)
    # Each shard traded before and trades after its fault.
    active = "select count(*) from registry.exchange_status where trading_active"
    wait_until(lambda: rehearsal.rows(active, kind="kalshi_meta")[0][0] >= 4, "both shards trade again")
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert found.exchange_states.published == 6
