"""Whatever a recording holds, it is refused by name or it is played, with REST and snapshots around it."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kalshi_data.errors import RecordingError
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.messages import in_yes_prices
from kalshi_data.simulator.player import Replay
from kalshi_data.simulator.venue.recording import RecordedFrame, read_recording
from tests.support.any_json import GOOD, VALUES, odd_frames

UNHURRIED = settings(deadline=None, max_examples=100)
LATEST_S = 1 << 40


def read(folder: Path, content: bytes) -> list[RecordedFrame]:
    path = folder / "recording.jsonl"
    path.write_bytes(content)
    try:
        return read_recording(path)
    except RecordingError:
        return []


@UNHURRIED
@given(
    st.binary(max_size=200) | VALUES | st.tuples(VALUES, VALUES).map(lambda pair: b'{"raw":%b,"recv_ts_ns":%b}' % pair)
)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read(Path(folder), content)


def play(frames: list[RecordedFrame], journal: Path) -> None:
    """Play a recording without clients, then ask for everything that a client may ask for."""
    replay = Replay(frames, journal, lambda _: None)
    asyncio.run(replay.run(StartCondition(0), 0))
    replay.close()
    query: dict[str, Any] = {}
    for trade in replay.trade_history.select(query, 0, historical=False):
        assert msgspec.json.encode(trade.object())
    for ticker, market in replay.listings.markets.items():
        found = replay.snapshot(ticker)
        assert found is not None
        assert msgspec.json.decode(found.body)["market_ticker"] == ticker
        assert msgspec.json.encode([replay.levels(ticker), market.body(), replay.id_of(ticker)])
        replay.ticker_message(ticker)


@UNHURRIED
@given(st.lists(st.sampled_from(GOOD) | odd_frames(), max_size=8), st.integers() | st.none())
def test_any_frames_are_played_and_journalled(frames: list[bytes], received_ns: int | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # An entry that is no frame is refused with the whole recording, so each is tried alone.
        recorded = [each for frame in frames for each in read(Path(folder), frame)]
        recorded = [
            each._replace(received_ns=received_ns) if received_ns and 0 < received_ns < 2**63 else each
            for each in recorded
        ]
        if not recorded:
            return
        journal = Path(folder) / "journal.jsonl"
        play(recorded, journal)
        lines = journal.read_bytes().splitlines()
        assert len(lines) == len(recorded)
        for line, each in zip(lines, recorded, strict=True):
            assert msgspec.json.decode(line, type=dict[str, msgspec.Raw]).keys() >= {"published_ms", "sent", "frame"}
            in_yes_prices(bytes(each.fields["msg"]))


def test_a_book_keeps_all_digits_and_only_what_can_be_read(tmp_path: Path) -> None:
    bodies: list[dict[str, Any]] = [
        {"market_ticker": "KXA-1", "yes_dollars_fp": [["0.41000000", "1.00"], ["0.410005", "2.5"]], "market_id": None},
        {"market_ticker": "KXA-1", "side": "yes", "price_dollars": "NaN", "delta_fp": "1.00"},
        {"market_ticker": "KXA-1", "side": "yes", "price_dollars": "0.4100", "delta_fp": "1E+999999", "clock": "late"},
    ]
    kinds = ("orderbook_snapshot", "orderbook_delta", "orderbook_delta")
    frames = [
        RecordedFrame(None, kind, "KXA-1", {"type": msgspec.Raw(b'"x"'), "msg": msgspec.Raw(msgspec.json.encode(body))})
        for kind, body in zip(kinds, bodies, strict=True)
    ]
    replay = Replay(frames, tmp_path / "journal.jsonl", lambda _: None)
    asyncio.run(replay.run(StartCondition(0), 0))
    replay.close()
    assert replay.levels("KXA-1") == {"yes": [["0.4100", "1.00"], ["0.410005", "2.50"]], "no": []}
