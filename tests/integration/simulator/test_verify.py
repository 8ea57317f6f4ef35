"""`simulator verify` against production: what is complete, lost, invented or wrong, and what is a listed gap."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.simulator.feed.field_sets import NO_FIELDS
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.messages import Message
from kalshi_data.simulator.model.venue import MarketModel, ModelSettings
from kalshi_data.simulator.verification import verify_journal
from tests.support.engines import Database
from tests.support.staging import merge, receive

STARTED_US = 1_793_109_600_000_000
Frame = dict[str, Any]


class OneReceiver(Publisher):
    """Publishes to one connection that gets everything."""

    def publish(self, message: Message) -> int:
        self.journal.record_message(message, [NO_FIELDS], STARTED_US // 1000)
        return 1


def write_run(path: Path, again_at: int | None = None) -> list[Frame]:
    """Write a run's journal and return the frames that a client of everything got; snapshots come twice if wanted."""
    plan = ModelSettings(markets=10, deltas_per_second=500, lifecycles_per_second=4)
    model = MarketModel(plan, OneReceiver(Journal(path)), lambda _: None)
    for ticker in model.markets:
        model.publisher.publish(model.snapshot(ticker))
    play = model.tick_publisher(STARTED_US)
    for tick in range(400):
        if tick == again_at:
            for ticker in model.markets:
                model.publisher.publish(model.snapshot(ticker))
        play()
    model.close()
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    frames = [line["frame"] for line in lines if "frame" in line]
    return [{**frame, "sid": 1, "seq": number} for number, frame in enumerate(frames, start=1)]


def verify(production: Database, journal: Path) -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit status and its output."""
    command = [sys.executable, "-m", "kalshi_data.simulator", "verify", "--journal", journal, "--json"]
    done = subprocess.run([*command, "--production", production.conninfo()], capture_output=True, check=False)
    assert not done.stderr
    return done.returncode, msgspec.json.decode(done.stdout)


def test_what_was_all_received_is_complete(production: Database, kalshi_ts: Database, tmp_path: Path) -> None:
    receive(kalshi_ts, write_run(journal := tmp_path / "journal"))
    merge(production, [kalshi_ts])
    status, found = verify(production, journal)
    assert status == 0, str(found)
    assert all(each["published"] == each["present"] > 0 for each in found["streams"].values())
    assert (found["books"] > 200, found["wrong_books"], found["withheld"]) == (True, 0, 0)


def test_a_lost_delta_makes_books_wrong_and_an_invented_trade_is_seen(
    production: Database, kalshi_ts: Database, tmp_path: Path
) -> None:
    frames = write_run(journal := tmp_path / "journal")
    lost = next(n for n, frame in enumerate(frames) if frame["type"] == "orderbook_delta")
    trade = next(frame for frame in frames if frame["type"] == "trade")
    del frames[lost]
    frames.append({**trade, "msg": {**trade["msg"], "trade_id": "00000000-0000-0000-0000-000000000000"}})
    receive(kalshi_ts, frames)
    merge(production, [kalshi_ts])
    status, found = verify(production, journal)
    assert status == 1
    assert (found["streams"]["orderbook_deltas"]["lost"], found["streams"]["trades"]["invented"]) == (1, 1)
    assert found["wrong_books"] > 0


def withhold(journal: Path, *, by_fault: bool) -> set[str]:
    """Rewrite a journal so that its last three trades were sent to no connection; return their ids."""
    lines = [msgspec.json.decode(line) for line in journal.read_bytes().splitlines()]
    trades = [line for line in lines if line.get("frame", {}).get("type") == "trade"][-3:]
    for line in trades:
        line["sent"] = 0
    if by_fault:
        lines.append({"published_ms": 1, "fault": {"name": "drop_frames", "connection": 2}})
    journal.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n")
    return {line["frame"]["msg"]["trade_id"] for line in trades}


@pytest.mark.parametrize("by_fault", [True, False], ids=["a fault", "no client was connected"])
def test_only_a_listed_fault_explains_messages_without_a_receiver(
    production: Database, kalshi_ts: Database, tmp_path: Path, by_fault: bool
) -> None:
    frames = write_run(journal := tmp_path / "journal")
    ids = withhold(journal, by_fault=by_fault)
    receive(kalshi_ts, [frame for frame in frames if frame["msg"].get("trade_id") not in ids])
    merge(production, [kalshi_ts])
    status, found = verify(production, journal)
    lost = found["streams"]["trades"]["lost"]
    assert (status, found["withheld"], lost) == ((0, 3, 0) if by_fault else (1, 0, 3))
    listed = ["1970-01-01 00:00:00.001+00 drop_frames on connection 2"]
    assert found["faults"] == (listed if by_fault else [])


def test_a_book_is_unknown_from_a_listed_gap_to_its_next_snapshot(
    production: Database, kalshi_ts: Database, tmp_path: Path
) -> None:
    frames = write_run(journal := tmp_path / "journal", again_at=200)
    lines = [msgspec.json.decode(line) for line in journal.read_bytes().splitlines()]
    of_books = [line for line in lines if line.get("frame", {}).get("type", "") == "orderbook_delta"]
    withheld = of_books[0]
    withheld["sent"] = 0
    lines.insert(0, {"published_ms": 1, "fault": {"name": "drop_frames", "connection": 2}})
    journal.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n")
    lost = next(number for number, frame in enumerate(frames) if frame["msg"] == withheld["frame"]["msg"])
    del frames[lost]
    receive(kalshi_ts, frames)
    merge(production, [kalshi_ts])
    status, found = verify(production, journal)
    ticker = withheld["frame"]["msg"]["market_ticker"]
    assert (status, found["withheld"], found["wrong_books"]) == (0, 1, 0)
    books = {
        (line["frame"]["msg"]["market_ticker"], line["frame"]["msg"]["ts_ms"], line["frame"]["msg"]["clock"])
        for line in of_books
    }
    known = {each for each in books if each[0] != ticker}
    assert len(known) < found["books"] < len(books)


def test_a_book_that_no_gatherer_subscribed_is_a_listed_gap(
    production: Database, kalshi_ts: Database, tmp_path: Path
) -> None:
    frames = write_run(journal := tmp_path / "journal")
    lines = [msgspec.json.decode(line) for line in journal.read_bytes().splitlines()]
    of_books = [line for line in lines if line.get("frame", {}).get("type", "").startswith("orderbook_")]
    ticker = of_books[0]["frame"]["msg"]["market_ticker"]
    unseen = [line for line in of_books if line["frame"]["msg"]["market_ticker"] == ticker]
    for line in unseen:
        line["sent"] = 0
    journal.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n")
    bodies = [line["frame"]["msg"] for line in unseen]
    receive(kalshi_ts, [frame for frame in frames if frame["msg"] not in bodies])
    merge(production, [kalshi_ts])
    status, found = verify(production, journal)
    assert (status, found["withheld"]) == (0, len(unseen))


@pytest.mark.parametrize("content", ["", '{"published_ms": 1, "book": {}}\n'])
def test_a_journal_of_nothing_is_not_complete(production: Database, tmp_path: Path, content: str) -> None:
    (journal := tmp_path / "journal").write_text(content)
    assert not verify_journal(production.conninfo(), journal).complete


ANSWERED_MS = STARTED_US // 1000
# When the exchange answered first that trading is active, and what it answered then.
ANSWERS = ((0, True), (60, False), (90, True))
COMPLETE = [(True, 1, 59), (False, 61, 88), (True, 91, 500)]


@pytest.mark.parametrize(
    ("held", "lost", "invented"),
    [
        (COMPLETE, 0, 0),
        # A row that was cut at the hour, and one that does not see a short halt.
        ([(True, 1, 30), (True, 31, 59), *COMPLETE[1:]], 0, 0),
        ([(True, 1, 500), COMPLETE[1]], 0, 0),
        ([COMPLETE[0], COMPLETE[2]], 1, 0),
        ([], 3, 0),
        ([*COMPLETE, (False, 10, 20)], 0, 2),
        ([COMPLETE[0], (False, 61, 100), COMPLETE[2]], 0, 1),
    ],
)
def test_the_answers_about_shards_are_compared_with_what_is_held(
    production: Database, tmp_path: Path, held: list[tuple[bool, int, int]], lost: int, invented: int
) -> None:
    journal = tmp_path / "journal"
    shard = {"exchange_index": 0, "exchange_active": True}
    lines = [
        {"published_ms": ANSWERED_MS + 1_000 * at, "exchange": [{**shard, "trading_active": trading}]}
        for at, trading in ANSWERS
    ]
    journal.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    with production.connect("deduplicator") as connection:
        for trading, seen, confirmed in held:
            times = [datetime.fromtimestamp(ANSWERED_MS / 1000 + at, UTC) for at in (seen, confirmed)]
            connection.execute("select timeseries.ensure_partition('market_data.exchange_status', %s)", times[:1])
            connection.execute(
                "insert into market_data.exchange_status (gatherer_id, kind, exchange_index, exchange_active, "
                "trading_active, body, body_sha256, first_seen_at, confirmed_at) "
                "values (1, 'shard', 0, true, %s, '{}', sha256(%s), %s, %s)",
                [trading, str(trading).encode(), *times],
            )
    found = verify_journal(production.conninfo(), journal).exchange_states
    assert (found.lost, found.invented) == (lost, invented)
