"""A window of an archive as clients see it: books, listings, trades and gaps as they were known then."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from multidict import MultiDict

from kalshi_data.demo.keys import make_key
from kalshi_data.errors import ArchiveError
from kalshi_data.reader import open_archive
from kalshi_data.reader.times import microseconds
from kalshi_data.simulator.cli import main
from kalshi_data.simulator.feed.session import ServerSession
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.replay.archive_replay import ArchiveReplay
from kalshi_data.simulator.replay.archive_source import ArchiveSource, ReplayWindow
from kalshi_data.simulator.replay.listed_bodies import without_look_ahead
from kalshi_data.simulator.replay.play_clock import PlayClock
from kalshi_data.simulator.venue.listings import market_object
from kalshi_data.simulator.venue.price_grids import PRICE_GRIDS
from tests.support.exchange_lines import KeptFrames, Lines
from tests.support.s3 import KEY, SECRET, Moto, client
from tests.support.sample_archive import FED, HEAT, Row, after, delta, snapshot, trade, write_rows, write_sample

FROM, UNTIL = after(100), after(1_270)
SPEED = 1_000.0
NEW = "KXHIGHNY-26NOV02-T60"
EVENT = "KXHIGHNY-26NOV02"
CHANNELS = ["ticker", "trade", "market_lifecycle_v2"]


def listed(market: str, **given: Any) -> Row:
    grid = PRICE_GRIDS["linear_cent"]
    body = {**market_object(market, int(after(-80_000).timestamp()), grid), "volume_fp": "7.00", **given}
    return {"ticker": market, "event_ticker": "KXHIGHNY-26NOV02", "status": "active", "body": json.dumps(body)}


def event(seconds: float, market: str, kind: str, **fields: Any) -> Row:
    payload = json.dumps({"market_ticker": market, "event_type": kind, **fields})
    times = {"seen_at": after(seconds), "received_at": after(seconds)}
    return {"subject_ticker": market, "kind": kind, "payload": payload, **times}


def seconds_of(moment: datetime) -> int:
    return int(moment.timestamp())


EVENTS = [
    event(200, NEW, "created", open_ts=seconds_of(after(0)), close_ts=seconds_of(after(9_000))),
    event(900, HEAT, "determined", result="yes", settlement_value="1.0000", determination_ts=seconds_of(after(899))),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The sample archive, with whole listings and a market that is created in the window."""
    root = write_sample(tmp_path)
    known = [{**listed(each), "fetched_at": after(-50_000)} for each in (FED, HEAT)]
    outcome = {"result": "yes", "status": "finalized", "settlement_value_dollars": "1.0000"}
    write_rows(root, "markets", [*known, {**listed(NEW, **outcome), "fetched_at": after(1_000)}])
    title = json.dumps({"event_ticker": EVENT, "title": "Highest temperature", "strike_date": "2026-11-02T23:00:00Z"})
    write_rows(root, "events", [{"ticker": EVENT, "title": "x", "fetched_at": after(-50_000), "body": title}])
    write_rows(root, "lifecycle_events", EVENTS)
    changes = [delta(180, 13, "yes", "0.43", "-20"), delta(300, 2, "yes", "0.10", "5", NEW)]
    write_rows(
        root, "orderbook_deltas", [delta(60, 11, "yes", "0.43", "20"), delta(120, 12, "no", "0.55", "-30"), *changes]
    )
    return root


class Played(NamedTuple):
    """A replay that has ended, what its client got, and what it announced."""

    replay: ArchiveReplay
    frames: list[dict[str, Any]]
    events: list[dict[str, Any]]
    clock: PlayClock

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each["msg"] for each in self.frames if each["type"] == kind]


def play(place: str | Path, keeps_times: bool = False, store: dict[str, Any] | None = None, **chosen: Any) -> Played:
    window = ReplayWindow(microseconds(FROM), microseconds(UNTIL), **chosen)
    clock, events = PlayClock(window.from_us, SPEED, keeps_times=keeps_times), list[dict[str, Any]]()
    source = ArchiveSource(open_archive(place, **(store or {})), window)
    wire = KeptFrames()

    async def run() -> ArchiveReplay:
        replay = ArchiveReplay(source, clock, None, events.append, Limits())
        session = ServerSession("key", wire, replay.publisher, 1)
        replay.publisher.sessions.add(session)
        Lines.command(session, "subscribe", channels=["orderbook_delta"], market_tickers=[FED, HEAT, NEW])
        Lines.command(session, "subscribe", channels=CHANNELS)
        await asyncio.wait_for(replay.run(StartCondition(1)), 60)
        return replay

    try:
        return Played(asyncio.run(run()), wire.frames, events, clock)
    finally:
        source.close()


def test_books_come_before_the_first_change_and_changes_lead_to_the_last_book(place: Path) -> None:
    played = play(place)
    kinds = [each["type"] for each in played.frames if each["type"].startswith("orderbook_")]
    assert kinds[:2] == ["orderbook_snapshot"] * 2
    books = {each["market_ticker"]: each for each in played.of("orderbook_snapshot")}
    assert books[HEAT]["clock"] == 11
    assert books[HEAT]["yes_dollars_fp"] == [["0.4100", "50.00"], ["0.4200", "100.00"], ["0.4300", "20.00"]]
    assert [each["clock"] for each in played.of("orderbook_delta")] == [12, 13, 2]
    # A client that subscribes now gets the book as played.
    late = played.replay.snapshot(HEAT)
    assert late
    assert json.loads(late.body) == {
        "market_ticker": HEAT,
        "market_id": "",
        "clock": 13,
        "yes_dollars_fp": [["0.4100", "50.00"], ["0.4200", "100.00"]],
        "no_dollars_fp": [["0.5500", "50.00"]],
    }
    created = played.replay.snapshot(NEW)
    assert created
    assert json.loads(created.body)["yes_dollars_fp"] == [["0.1000", "5.00"]]
    assert played.replay.snapshot("KXUNKNOWN") is None


def test_what_was_played_is_the_window_with_its_times_moved(place: Path) -> None:
    played = play(place)
    trades = played.of("trade")
    assert [each["count_fp"] for each in trades] == ["2.00", "1.00"]
    assert trades[0]["ts_ms"] == played.clock.moved(microseconds(after(150))) // 1_000
    assert [each["event_type"] for each in played.of("market_lifecycle_v2")] == ["created", "determined"]
    determined = played.of("market_lifecycle_v2")[1]
    assert determined["determination_ts"] == played.clock.moved(microseconds(after(899))) // 1_000_000
    kept = play(place, keeps_times=True)
    assert kept.of("trade")[0]["ts"] == seconds_of(after(150))
    assert kept.of("market_lifecycle_v2")[1]["determination_ts"] == seconds_of(after(899))


def test_listings_are_those_of_the_moment(place: Path) -> None:
    window = ReplayWindow(microseconds(FROM), microseconds(UNTIL))
    source = ArchiveSource(open_archive(place), window)
    replay = ArchiveReplay(source, PlayClock(window.from_us, SPEED), None, lambda _: None, Limits())
    assert set(replay.listings.markets) == {FED, HEAT}
    assert replay.listings.markets[HEAT].body()["result"] == ""
    event = replay.listings.events[EVENT]
    assert (event["title"], event["series_ticker"]) == ("Highest temperature", "KXHIGHNY")
    assert event["strike_date"] != "2026-11-02T23:00:00Z"
    source.close()
    after_window = play(place).replay.listings.markets
    assert set(after_window) == {FED, HEAT, NEW}
    assert (after_window[HEAT].status, after_window[HEAT].body()["result"]) == ("determined", "yes")
    new = after_window[NEW].body()
    # The listing of the market is from after its settlement.
    assert (new["status"], new["result"], new["volume_fp"]) == ("active", "", "0.00")
    assert "settlement_value_dollars" not in new


def test_rest_has_the_trades_before_the_window_and_candlesticks_of_it(place: Path) -> None:
    replay = play(place).replay
    found = [each.object() for each in replay.trade_history.select(MultiDict(), 0, historical=False)]
    assert [bytes(each["count_fp"]) for each in found] == [b'"1.00"', b'"2.00"', b'"5.00"', b'"4.00"']
    candles = replay.candles(HEAT).minutes.values()
    assert sum(each.volume for each in candles) == 300
    assert {each.bids[3] for each in candles} <= {4_300, 4_200}


def test_markets_are_chosen_by_patterns(place: Path) -> None:
    played = play(place, markets=["KXHIGHNY-*T56"])
    assert set(played.replay.listings.markets) == {HEAT}
    assert {each["market_ticker"] for each in played.of("orderbook_delta") + played.of("trade")} == {HEAT}


def gap(place: Path) -> None:
    times = {"from_at": after(120), "to_at": after(240)}
    write_rows(place, "coverage", [{"market_ticker": HEAT, "stream": "orderbook_deltas", "state": "gap", **times}])
    write_rows(
        place,
        "orderbook_snapshots",
        [
            snapshot(20, 3, {}, {"0.30": "5"}, FED),
            snapshot(230, 40, {"0.20": "9"}, {}),
            snapshot(10, 10, {"0.42": "100"}, {}),
        ],
    )


def test_a_window_with_a_gap_is_refused(place: Path) -> None:
    gap(place)
    with pytest.raises(ArchiveError, match=f"orderbook_deltas of {HEAT} from 2026-11-02T15:02:00Z to .* --over-gaps"):
        play(place)
    # Another market's window has none.
    assert play(place, markets=[FED]).of("trade") == []


def test_after_a_gap_books_begin_again_and_sessions_end(place: Path) -> None:
    gap(place)
    played = play(place, over_gaps=True)
    assert [each for each in played.events if each["event"] == "gap"] == [{"event": "gap", "markets": 1}]
    book = played.replay.snapshot(HEAT)
    assert book
    assert json.loads(book.body)["yes_dollars_fp"] == [["0.2000", "9.00"]]
    assert json.loads(book.body)["clock"] == 40


def test_a_missing_hour_is_a_gap(place: Path) -> None:
    shutil.rmtree(place / "tickers")
    with pytest.raises(ArchiveError, match="the archive lacks tickers from 2026-11-02T15:01:40Z"):
        play(place)


def test_a_change_that_a_book_holds_already_is_taken_out_of_it(place: Path) -> None:
    # The gatherer's clock is behind: the snapshot of before the window has a change of the window.
    ahead = snapshot(99, 12, {"0.42": "100"}, {"0.55": "50"})
    write_rows(place, "orderbook_snapshots", [ahead, snapshot(20, 3, {}, {"0.30": "5"}, FED)])
    played = play(place)
    (first,) = (each for each in played.of("orderbook_snapshot") if each["market_ticker"] == HEAT)
    assert (first["clock"], first["no_dollars_fp"]) == (11, [["0.5500", "80.00"]])
    assert [each["clock"] for each in played.of("orderbook_delta")][:2] == [12, 13]
    assert (played.replay.levels(HEAT) or {})["no"] == [["0.5500", "50.00"]]


@pytest.fixture
def bucket(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The archive in a bucket; yield how to reach it."""
    for name, value in (("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)):
        monkeypatch.setenv(name, value)
    with Moto().running() as server:
        s3 = client(server.url)
        s3.create_bucket(Bucket="archive")
        for path in place.rglob("*.parquet"):
            s3.upload_file(str(path), "archive", f"parquet/{path.relative_to(place)}")
        yield {"endpoint_override": server.url, "region": "us-east-1"}


def test_a_bucket_is_played_as_a_folder_is(place: Path, bucket: dict[str, Any]) -> None:
    from_bucket, from_folder = play("s3://archive/parquet", store=bucket), play(place)
    for kind in ("orderbook_snapshot", "orderbook_delta", "trade", "market_lifecycle_v2"):
        assert len(from_bucket.of(kind)) == len(from_folder.of(kind)) > 0
    assert from_bucket.replay.levels(HEAT) == from_folder.replay.levels(HEAT)


def replay_command(*arguments: str, folder: Path) -> tuple[int, str]:
    key = make_key(folder, 2)
    done = CliRunner().invoke(main, ["replay", f"--key={key.key_id}={key.public}", *arguments])
    return done.exit_code, done.output


def test_the_command_says_what_is_missing(place: Path, tmp_path: Path) -> None:
    archive, times = f"--archive={place}", ("--from=2026-11-02T15:00", "--to=2026-11-02T16:00")
    for arguments, status, words in (
        ((), 2, "name recordings to play, or a window of an archive"),
        ((archive,), 2, "add --from and --to"),
        (times, 2, "add --archive"),
        ((archive, "--from=2026-11-02T16:00", "--to=2026-11-02T15:00"), 2, "is not before"),
        ((f"--archive={tmp_path / 'none'}", *times), 1, "is no folder"),
        ((archive, "--from=2026-11-02T17:00", "--to=2026-11-02T18:00"), 1, "the archive lacks"),
    ):
        found = replay_command(*arguments, folder=tmp_path)
        assert found[0] == status
        assert words in " ".join(found[1].split())


def test_what_was_not_known_is_taken_out_of_a_listing() -> None:
    body = {
        "ticker": "KXA-1",
        "result": "no",
        "settlement_ts": "2026-11-03T00:00:00Z",
        "title": "A",
        "volume_fp": "3.00",
    }
    assert json.loads(without_look_ahead(json.dumps(body).encode())) == {
        "ticker": "KXA-1",
        "title": "A",
        "volume_fp": "0.00",
        "status": "initialized",
        "result": "",
        "expiration_value": "",
    }


def test_trades_of_the_sample_are_before_and_in_the_window() -> None:
    """The cases above rest on this."""
    assert trade(90, "0.45", "5", "yes")["exchange_ts"] < FROM < UNTIL < FROM + timedelta(hours=1)
