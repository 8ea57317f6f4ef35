"""A window of a demo's archive, played through the whole platform, gives a second archive that equals the first."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.demo.keys import make_key
from kalshi_data.reader import Archive, open_archive
from tests.acceptance.test_clients import check_lists, python, talk
from tests.conftest import ROOT
from tests.support.memory import fast_folder

# What another gatherer received at another time.
RECEIVED = {"received_at", "gatherer_id"}
# A gatherer's clock, and what is made of the times in a message.
OF_LIFECYCLES = {"seen_at", "payload_sha256", "occurrence"}
# The first archive is played from when all books are known.
LEAD = timedelta(seconds=1)
WINDOW = timedelta(seconds=6)
ENDS = ("from", "to")
MARKETS_MIN = 30
# The window lasts 40 s. A client needs more than half of it for its lists and for 40 trades.
SPEED = 0.15


class Played(NamedTuple):
    """Both archives, the window of the first one, and what the second demo counted."""

    first: Archive
    second: Archive
    begin: datetime
    end: datetime
    figures: dict[str, Any]

    def rows(self, archive: Archive, stream: str, *, of_window: bool) -> list[dict[str, Any]]:
        """Return the rows of a stream: of the window, or of everything around it."""
        span = (self.begin, self.end) if of_window else (self.begin - timedelta(days=1), self.end + timedelta(days=1))
        tables = archive.in_time_order(stream, *span, None, [each.name for each in STREAMS[stream]])
        return [row for table in tables for row in table.to_pylist()]

    @property
    def shift(self) -> timedelta:
        """How much later everything happened when it was played."""
        first = {each["trade_id"]: each["exchange_ts"] for each in self.rows(self.first, "trades", of_window=True)}
        second = self.rows(self.second, "trades", of_window=False)
        (shift,) = {each["exchange_ts"] - first[each["trade_id"]] for each in second}
        return shift


STREAMS = {stream.name: stream.columns for stream in ARCHIVED}
__all__ = ["python"]


def demo(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "build.py"), "demo", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Recorded(NamedTuple):
    """The archive of a demo, and the window that is played of it."""

    place: Path
    begin: datetime
    end: datetime

    @property
    def times(self) -> tuple[str, str]:
        """The window as commands take it."""
        return self.begin.isoformat(), self.end.isoformat()


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    """Let a demo trade."""
    with tempfile.TemporaryDirectory(prefix="kalshi-test-", dir=fast_folder(with_programs=True)) as name:
        folder = Path(name)
        folder.chmod(0o711)
        place = folder / "first"
        # No test asks whether books are proven, so no round of audits is waited for.
        demo("--seconds", "8", "--markets", "60", "--audit-seconds", "0", "--archive", str(place))
        begin = opened_at(open_archive(place)) + LEAD
        yield Recorded(place, begin, begin + WINDOW)


@pytest.fixture(scope="module")
def played(recorded: Recorded) -> Played:
    """Play most of the archive through a second demo."""
    place, report = recorded.place.parent / "second", recorded.place.parent / "report.json"
    window = ["--archive-window", str(recorded.place), *recorded.times]
    demo(*window, "--audit-seconds", "0", "--archive", str(place), "--report", str(report))
    archives = open_archive(recorded.place), open_archive(place)
    return Played(*archives, recorded.begin, recorded.end, json.loads(report.read_text()))


def opened_at(archive: Archive) -> datetime:
    """Return when trading began."""
    first = archive.streams()["trades"].first_at
    assert first
    tables = archive.in_time_order("trades", first, first + timedelta(hours=2), None, ["exchange_ts"])
    return next(iter(tables))["exchange_ts"][0].as_py()


def counted(rows: list[dict[str, Any]], shift: timedelta, left_out: set[str]) -> Counter[str]:
    """Return how often each row comes, with the exchange's times moved."""
    moved = [
        {
            name: value + shift if isinstance(value, datetime) else value
            for name, value in row.items()
            if name not in left_out
        }
        for row in rows
    ]
    return Counter(map(repr, moved))


@pytest.mark.parametrize("stream", ["trades", "orderbook_deltas", "tickers"])
def test_the_second_archive_equals_the_first(played: Played, stream: str) -> None:
    first, second = (
        counted(played.rows(archive, stream, of_window=archive is played.first), shift, RECEIVED)
        for archive, shift in ((played.first, played.shift), (played.second, timedelta()))
    )
    assert sum(first.values()) > 20
    assert first - second == second - first == Counter()


def test_lifecycle_messages_are_the_same_but_for_when_they_were_seen(played: Played) -> None:
    first, second = (
        [
            {**row, "payload": moved_numbers(row["payload"], shift)}
            for row in played.rows(archive, "lifecycle_events", of_window=archive is played.first)
        ]
        for archive, shift in ((played.first, played.shift), (played.second, timedelta()))
    )
    assert len(first) > 2
    none = timedelta()
    assert counted(first, none, RECEIVED | OF_LIFECYCLES) == counted(second, none, RECEIVED | OF_LIFECYCLES)


def moved_numbers(payload: str, shift: timedelta) -> str:
    """Return a message with its times in seconds moved; a second of this century has ten digits."""
    return re.sub(r"(?<!\d)1\d{9}(?!\d)", lambda found: str(int(found[0]) + int(shift.total_seconds())), payload)


def test_the_books_at_the_end_are_the_same_by_clock(played: Played) -> None:
    opening = played.first.opening_books(played.end)
    compared = 0
    for market in opening:
        held, again = opening.get(market), played.second.book(market, played.end + played.shift)
        if held and again and held.clock == again.clock:
            assert (held.yes, held.no) == (again.yes_ladder, again.no_ladder)
            compared += 1
    closed = len(list(opening)) - compared
    assert compared > closed * 10


def test_nothing_is_lost_and_nothing_invented(played: Played) -> None:
    assert (played.figures["result"], played.figures["lost"], played.figures["invented"]) == ("complete", 0, 0)
    assert played.shift.microseconds == 0


@pytest.fixture
def addresses(recorded: Recorded, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """An exchange that plays the window slowly: its addresses, and a key it knows."""
    # kalshi-sdk signs with RSA only, the other one with either.
    key = make_key(tmp_path, 1 if "kalshi_sdk" in request.node.name else 2)
    arguments = [sys.executable, "-m", "kalshi_data.simulator", "replay", f"--key={key.key_id}={key.public}"]
    window = [f"--{name}={at}" for name, at in zip(ENDS, recorded.times, strict=True)]
    arguments += [f"--archive={recorded.place}", *window]
    arguments += [f"--speed={SPEED}", "--clients=0", "--removed-fields"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout
            listening = json.loads(running.stdout.readline())
            yield [listening["rest_url"], listening["websocket_url"], key.key_id, str(key.private)]
        finally:
            running.terminate()
            running.communicate()


def test_kalshi_sdk_reads_a_replay(python: Path, addresses: list[str]) -> None:
    found = talk(python, "with_kalshi_sdk.py", addresses)
    check_lists(found)
    messages = found["messages"]
    assert messages["OrderbookSnapshotMessage"] >= len(found["books"]) >= MARKETS_MIN
    assert min(messages[f"{name}Message"] for name in ("OrderbookDelta", "Trade", "Ticker")) >= 40


def test_kalshi_python_sync_reads_a_replay(python: Path, addresses: list[str]) -> None:
    found = talk(python, "with_kalshi_python_sync.py", addresses)
    check_lists(found)
    assert len(set(found["trades"])) == len(found["trades"])
