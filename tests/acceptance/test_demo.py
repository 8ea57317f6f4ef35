"""The demo as a newcomer runs it: every recording, interrupted, twice at once, kept; and what must not be complete."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet
import pytest

from kalshi_data.demo.summary import load_journal, summarise_stream
from tests.conftest import CAPTURES, RECORDINGS, ROOT
from tests.support.engines import Database
from tests.support.memory import fast_folder
from tests.support.staging import merge, receive
from tests.support.waiting import SECONDS_MAX, STILL_SECONDS_MAX, wait_until

# Its functions are described to type checkers only in part.
parquet: Any = pyarrow.parquet
STREAMS = ("trades", "orderbook_deltas", "orderbook_snapshots", "tickers", "lifecycle_events")
OWN = sorted(RECORDINGS.iterdir())
FRAMES = ("orderbook_*", "multi_sid_*", "single_frames_*")
CAPTURED = sorted(path for pattern in FRAMES for path in CAPTURES.glob(pattern)) if CAPTURES.is_dir() else []
# Deltas and snapshots of the recordings that are known from elsewhere.
KNOWN = {"orderbook_2026-08-07.json": (245, 12), "orderbook_2026-04-18.jsonl": (61, 8)}


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder that the demo takes for the machine's temporary one; it leaves its archive in another."""
    monkeypatch.chdir(tmp_path)
    parent = fast_folder(with_programs=True)
    with tempfile.TemporaryDirectory(prefix="kalshi-test-", dir=parent) as name:
        folder = Path(name)
        folder.chmod(0o711)
        monkeypatch.setenv("TMPDIR", name)
        yield folder


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "build.py"), "demo", *arguments]


def demo(*arguments: str, status: int = 0) -> str:
    done = subprocess.run(command(*arguments), capture_output=True, check=False, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert not done.stderr or status
    return done.stdout


def left_behind(folder: Path) -> list[str]:
    """Return the processes whose command lines name a folder."""
    return [line for line in map(command_line, psutil.process_iter()) if str(folder) in line]


def command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def archived_states(stream: str) -> set[str]:
    """Return the states of a stream's minutes in the demo's archive."""
    files = list(Path("demo-archive").glob("parquet/coverage/date=*/hour=*/part-0.parquet"))
    assert files
    tables: list[Any] = [parquet.read_table(file) for file in files]
    return {row["state"] for table in tables for row in table.to_pylist() if row["stream"] == stream}


@pytest.mark.parametrize("recording", [*OWN, *CAPTURED], ids=lambda path: path.name)
def test_every_recording_is_complete_in_production(recording: Path, temporary: Path) -> None:
    report = temporary / "report.json"
    output = demo("--seconds", "2", "--replay", str(recording), "--report", str(report))
    figures = json.loads(report.read_text())
    assert figures["result"] == "complete"
    assert set(figures["streams"]) == {*STREAMS, "index_values"}
    for stream, figure in figures["streams"].items():
        # Books lie on one connection of a gatherer, everything else on two.
        copies = 1 if stream.startswith("orderbook_") else 2
        received = figure["received"].values()
        if stream == "orderbook_snapshots":
            # A gatherer that knows a book's last change stores the same book again only once an hour.
            assert max(received) <= figure["published"]
        else:
            assert set(received) == {copies * figure["published"]}
        assert figure["production"] == figure["new"] == figure["published"]
        assert figure["polled"] == figure["new"] + figure["duplicate"] == sum(received)
        assert (figure["lost"], figure["invented"]) == (0, 0)
    published = sum(figure["published"] for figure in figures["streams"].values())
    assert published > 0
    assert f"\ncomplete: {published:,} published, {published:,} in production, 0 lost, 0 invented\n" in output
    assert figures["archive"]["rows"] >= published
    assert list(Path("demo-archive").glob("parquet/orderbook_*/date=*/hour=*/part-0.parquet"))
    # Each state is in the archive, however short the run was, and no hour without a minute has a file of its own.
    judged: Any = figures["judged"]
    assert judged is not None
    assert archived_states("orderbook_deltas") == set[str](judged["minutes"])
    days = list(Path("demo-archive").glob("parquet/coverage/date=*"))
    assert sum(len(list(day.iterdir())) for day in days) <= 2
    if recording.name in KNOWN:
        books = [figures["streams"][stream]["published"] for stream in ("orderbook_deltas", "orderbook_snapshots")]
        assert tuple(books) == KNOWN[recording.name]


def test_the_demo_is_complete_without_clock(temporary: Path) -> None:
    report = temporary / "report.json"
    options = ("--seconds", "3", "--markets", "20", "--audit-seconds", "1", "--without", "clock,ts")
    output = demo(*options, "--report", str(report))
    figures = json.loads(report.read_text())
    assert figures["result"] == "complete"
    assert (figures["wrong_books"], figures["quarantined"], figures["rollouts"]) == (0, 0, [])
    assert figures["books"] > 50
    assert "books after each change: " in output
    assert "the gatherers ask for each book once more, within 1 s" in output


def test_unknown_fields_are_refused_with_a_list_before_anything_starts(temporary: Path) -> None:
    done = subprocess.run(command("--without", "colour"), capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert "no field to leave out: colour; choose from: " in " ".join(done.stderr.split())
    assert list(temporary.iterdir()) == []


def test_a_rollout_of_a_recording_is_refused_before_anything_starts(temporary: Path) -> None:
    """Seed 0 is a seed, too."""
    options = ("--rollout", "0", "--replay", str(OWN[0]))
    done = subprocess.run(command(*options), capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert "leave out --replay, or replace --rollout by --without" in " ".join(done.stderr.split())
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_running(temporary: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        command("--seconds", "60"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stderr
        for line in running.stdout:
            if "the exchange runs 200 markets" in line:
                break
        wait_until(lambda: len(left_behind(temporary)) >= 9)
        running.send_signal(number)
        assert running.wait(STILL_SECONDS_MAX) == 130
        assert running.stderr.read() == "stopping ...\ninterrupted, everything is stopped\n"
    assert left_behind(temporary) == []
    assert list(temporary.iterdir()) == []


def test_two_demos_run_beside_each_other(temporary: Path) -> None:
    """The second one plays the recording without its times: all connections date the messages by their receipt."""
    arguments = command("--seconds", "1", "--replay", str(OWN[0]))
    without_times = ("--archive", str(temporary / "another"), "--without", "ts,ts_ms,time,sending_ts_ms")
    both = [
        subprocess.Popen([*arguments, *options], stdout=subprocess.PIPE, text=True) for options in ((), without_times)
    ]
    outputs = [running.communicate(timeout=SECONDS_MAX)[0] for running in both]
    assert [running.returncode for running in both] == [0, 0]
    assert all("complete: " in output for output in outputs)
    assert [path.name for path in temporary.iterdir()] == ["another"]


def test_a_kept_demo_opens_with_the_commands_it_prints(temporary: Path) -> None:
    kept = temporary / "kept"
    output = demo("--seconds", "1", "--replay", str(OWN[0]), "--keep", str(kept))
    assert {path.name for path in kept.iterdir()} >= {"production", "gatherer-1", "gatherer-3", "deduplicator.log"}
    printed = [line.split() for line in output.splitlines() if line.startswith("  python3 build.py psql ")]
    for words, statement in zip(
        printed,
        ("select count(*) > 0 from market_data.trades", "select count(*) > 0 from capture.trades"),
        strict=True,
    ):
        opened = [sys.executable, str(ROOT / words[1]), *words[2:], "-Atc", statement]
        done = subprocess.run(opened, capture_output=True, check=True, text=True)
        assert done.stdout == "t\n"
    assert left_behind(kept) == []
    assert "is not empty: choose a new folder" in failed("--keep", str(kept))
    (words,) = [line.split() for line in output.splitlines() if line.startswith("  python3 build.py pages ")]
    with subprocess.Popen(
        [sys.executable, str(ROOT / words[1]), *words[2:]], stdout=subprocess.PIPE, text=True
    ) as pages:
        assert pages.stdout
        check_pages(pages.stdout.readline())
        pages.send_signal(signal.SIGINT)
        assert (pages.wait(STILL_SECONDS_MAX), pages.stdout.read()) == (0, "stopped\n")
    assert left_behind(kept) == []


def test_on_a_terminal_a_kept_demo_goes_on_to_serve_its_pages(temporary: Path) -> None:
    """Its servers are reached in other folders than before, since the folder's name is too long for a socket."""
    kept = temporary / f"kept-{'x' * 80}"
    screen, terminal = pty.openpty()
    options = ("--seconds", "1", "--replay", str(OWN[0]), "--keep", str(kept))
    with subprocess.Popen(command(*options), stdout=terminal, stderr=terminal) as running, os.fdopen(screen) as lines:
        os.close(terminal)
        check_pages(next(line for line in lines if line.startswith("status pages until Ctrl-C: ")))
        running.send_signal(signal.SIGINT)
        assert lines.readline().strip() == "stopped"
        assert running.wait(STILL_SECONDS_MAX) == 0
    assert left_behind(temporary) == []


def check_pages(printed: str) -> None:
    """Check that each address of a line shows what was recorded."""
    addresses = re.findall(r"http://127\.0\.0\.1:\d+/", printed)
    assert len(addresses) == 4, printed
    deduplicator, *gatherers = addresses
    with urllib.request.urlopen(f"{deduplicator}book", timeout=STILL_SECONDS_MAX) as answer:
        assert "Markets, by the beginning of the ticker" in answer.read().decode()
    for address in gatherers:
        with urllib.request.urlopen(f"{address}connections", timeout=STILL_SECONDS_MAX) as answer:
            assert "Open ones first, then the last that closed" in answer.read().decode()


def test_the_archive_takes_the_place_of_an_earlier_one_and_of_nothing_else(temporary: Path) -> None:
    stale = Path("demo-archive/parquet/trades/stale.parquet")
    stale.parent.mkdir(parents=True)
    stale.touch()
    output = demo("--seconds", "1", "--replay", str(OWN[0]))
    assert not stale.exists()
    (asked,) = (line for line in output.splitlines() if "duckdb -c" in line)
    answered = subprocess.run(asked, capture_output=True, check=True, shell=True, text=True)
    assert "yes_price" in answered.stdout
    assert [path.name for path in Path().iterdir()] == ["demo-archive"]
    Path("demo-archive/letter").touch()
    assert "demo-archive holds other files than an archive" in failed("--seconds", "1")


def failed(*arguments: str) -> str:
    done = subprocess.run(command(*arguments), capture_output=True, check=False, text=True)
    assert done.returncode == 1
    return done.stderr


def test_a_bad_recording_is_reported_and_the_run_ends_at_once(temporary: Path) -> None:
    recording = temporary / "broken.jsonl"
    recording.write_text('{"kind": "trade"}\n')
    message = failed("--replay", str(recording))
    assert "broken.jsonl: entry 1 is not a frame of the feed" in message
    assert list(temporary.iterdir()) == [recording]


def compared(production: Database, journal: Path, stream: str) -> tuple[int, int, int, int]:
    with production.connect() as connection:
        load_journal(connection, journal)
        found = summarise_stream(connection, stream, {}, {})
    return found.published, found.production, found.lost, found.invented


def write_journal(folder: Path, frames: list[dict[str, Any]]) -> Path:
    path = folder / "journal.jsonl"
    path.write_text("".join(json.dumps({"published_ms": 1, "frame": each}) + "\n" for each in frames))
    return path


def recorded(name: str) -> list[dict[str, Any]]:
    lines = (RECORDINGS / name).read_text().splitlines()
    # Today's messages carry the time they were sent, so those of the sample belong to one moment on all machines.
    return [{**json.loads(line)["frame"], "sid": 1, "seq": 1} for line in lines]


@pytest.mark.parametrize("stream", STREAMS)
def test_the_comparison_sees_what_is_lost_and_what_is_invented(
    production: Database, kalshi_ts: Database, tmp_path: Path, stream: str
) -> None:
    frames = recorded("with_clock.jsonl")
    receive(kalshi_ts, frames)
    merge(production, [kalshi_ts], late_days_max=36_500)
    published, held, lost, invented = compared(production, write_journal(tmp_path, frames), stream)
    assert (published, lost, invented) == (held, 0, 0)
    kinds = {
        "trades": "trade",
        "orderbook_deltas": "orderbook_delta",
        "orderbook_snapshots": "orderbook_snapshot",
        "tickers": "ticker",
        "lifecycle_events": "event_lifecycle",
    }
    of_stream = [each for each in frames if each["type"] == kinds[stream]]
    without = [each for each in frames if each is not of_stream[-1]]
    assert compared(production, write_journal(tmp_path, without), stream)[2:] == (0, 1)
    changed = {**of_stream[-1], "msg": {**of_stream[-1]["msg"], "market_ticker": "KXANOTHER"}}
    assert compared(production, write_journal(tmp_path, [*frames, changed]), stream)[2:] == (1, 0)


def test_unreadable_frames_are_counted_and_make_the_result_incomplete(temporary: Path) -> None:
    frames = recorded("with_clock.jsonl")[:40]
    delta = next(each for each in frames if each["type"] == "orderbook_delta")
    snapshot = next(each for each in frames if each["type"] == "orderbook_snapshot")
    bad = [
        {**delta, "msg": {**delta["msg"], "price_dollars": "0.4x"}},
        {**delta, "msg": {**delta["msg"], "delta_fp": None}},
        {**snapshot, "msg": {**snapshot["msg"], "yes_dollars_fp": [["0.01", "many"]]}},
    ]
    recording, report = temporary / "bad.jsonl", temporary / "report.json"
    recording.write_text("".join(json.dumps(each) + "\n" for each in [*frames, *bad]))
    output = demo("--seconds", "1", "--replay", str(recording), "--report", str(report), status=1)
    figures = json.loads(report.read_text())
    assert (figures["result"], figures["unreadable"], figures["quarantined"], figures["gaps"]) == (
        "incomplete",
        3,
        9,
        0,
    )
    assert "3 unreadable frames published; over all gatherers 9 frames in quarantine, 0 sequence gaps" in output


def test_equal_deltas_are_compared_by_number(production: Database, kalshi_ts: Database, tmp_path: Path) -> None:
    delta = next(each for each in recorded("with_clock.jsonl") if each["type"] == "orderbook_delta")
    receive(kalshi_ts, [delta] * 3)
    merge(production, [kalshi_ts], late_days_max=36_500)
    assert compared(production, write_journal(tmp_path, [delta] * 3), "orderbook_deltas") == (3, 3, 0, 0)
    assert compared(production, write_journal(tmp_path, [delta] * 5), "orderbook_deltas") == (5, 3, 2, 0)
    assert compared(production, write_journal(tmp_path, [delta] * 2), "orderbook_deltas") == (2, 3, 0, 1)


def test_recordings_are_found_if_they_exist() -> None:
    assert len(OWN) == 4
    assert bool(CAPTURED) == (ROOT.parent / "shared" / "captures").is_dir()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
