"""DuckDB answers by the views and macros of `reader sql` what the library answers."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import random
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from kalshi_data.archive.schemas import file_schema
from kalshi_data.errors import ListingMissing
from kalshi_data.reader import Archive, Book, HoursMissing, open_archive
from kalshi_data.reader.__main__ import main
from tests.support.sample_archive import FED, HEAT, HOUR, ROWS, STREAMS, Row, after, snapshot, write_rows, write_sample

parquet: Any = pyarrow.parquet
DAYS, DAY, SECOND = 12, timedelta(days=1), timedelta(seconds=1)
FIRST = HOUR.replace(hour=0)
TICKERS = [f"KXRANDOM-{number}" for number in range(12)]
STATUSES = ("active", "inactive", "closed", "determined", "finalized", None)
# What the exchange sends, and what it should not.
RESULTS = ("yes", "no", "scalar", "", None, 1)
CLOCKS = (1793646000, 1793646100.25, 0, -1, 10**15, "1793646000", None)
PAYLOADS = ("", "[]", "not JSON", "{")
Ask = Callable[[str], list[Row]]


def duckdb(statements: str, *options: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "duckdb"
    return subprocess.run(
        [program, "-bail", "-json", *options], input=statements, capture_output=True, check=False, text=True
    )


@pytest.fixture
def views(capsys: pytest.CaptureFixture[str]) -> Callable[[Path], str]:
    """What `reader sql` prints for the folder of an archive."""

    def printed(folder: Path) -> str:
        assert main(["sql", "--archive", str(folder)]) == 0
        return capsys.readouterr().out

    return printed


@pytest.fixture
def ask(views: Callable[[Path], str], sample: Path) -> Ask:
    """Return the rows that a query over the sample has."""
    prepared = views(sample)

    def asked(query: str) -> list[Row]:
        done = duckdb(f"{prepared}{query};")
        assert done.stderr == ""
        return json.loads(done.stdout or "[]")

    return asked


def test_books_candles_and_outcomes_are_those_of_the_library(ask: Ask, archive: Archive) -> None:
    for seconds in (10, 60, 60.5, 130, 1200, 1800, 3599):
        moment = after(seconds)
        rows = ask(f"select side, price::varchar as price, size::varchar as size from book_at('{HEAT}', '{moment}')")
        found = {(row["side"], Decimal(row["price"])): Decimal(row["size"]) for row in rows}
        book = archive.book(HEAT, moment)
        assert isinstance(book, Book)
        sides = (("yes", book.yes), ("no", book.no))
        assert found == {(side, price): size for side, held in sides for price, size in held.items()}
    counted = ask(f"select count(*) as n from books_at('{after(1800)}')")
    assert counted == [{"n": archive.books_at(after(1800)).num_rows}]
    candles = f"candles('{HEAT}', interval 1 hour, '{after(0)}', '{after(3600)}')"
    assert ask(f"select close_price::varchar as c from {candles}") == [{"c": "0.440000"}]
    assert ask("select result, yes_value::varchar as v from settlements") == [{"result": "yes", "v": "1.000000"}]


def test_a_book_that_is_not_known_is_an_error_and_no_empty_book(tmp_path: Path, views: Callable[[Path], str]) -> None:
    root = write_sample(tmp_path)
    write_rows(root, "orderbook_snapshots", [snapshot(10, 1, {}, {}, "KXEMPTY-1"), *ROWS["orderbook_snapshots"]])
    for stream in ("orderbook_deltas", "orderbook_snapshots"):
        write_rows(root, stream, [], HOUR + timedelta(hours=2))
    prepared = views(root)
    for asked, error in (
        (
            f"book_at('{HEAT}', '{after(9)}')",
            f"the book of {HEAT} is not known: no snapshot of it in the archive by then",
        ),
        (f"book_at('NOPE', '{after(60)}')", "the book of NOPE is not known: no snapshot of it in the archive by then"),
        (
            f"book_at('{HEAT}', '{after(3600)}')",
            "the archive lacks the hour of 2026-11-02 16:00:00 UTC: choose another",
        ),
        (f"books_at('{after(3600)}')", "the archive lacks the hour of 2026-11-02 16:00:00 UTC: choose another moment"),
        (
            f"book_at('{HEAT}', '{after(7200)}')",
            f"the book of {HEAT} is not known: an hour since its snapshot is missing",
        ),
    ):
        done = duckdb(f"{prepared}select count(*) from {asked};")
        assert error in done.stderr
        assert done.stdout == ""
    done = duckdb(
        f"{prepared}select * from books_at('{after(7200)}'); select * from book_at('KXEMPTY-1', '{after(60)}');"
    )
    assert (done.stdout.strip(), done.stderr) == ("[]\n[]", "")
    found = duckdb(f"{prepared}select side from books_at('{after(60)}') where market_ticker = 'KXEMPTY-1';")
    assert json.loads(found.stdout) == [{"side": None}]
    assert open_archive(root).books_at(after(60), "KXEMPTY-1")["side"].to_pylist() == [None]


def markets_of_both(views: str, archive: Archive, moments: Sequence[datetime], folder: Path) -> list[tuple[Any, Any]]:
    """Return what DuckDB and the library know of the markets at each moment."""
    copies = [
        f"copy (from markets_at('{moment:%Y-%m-%dT%H:%M:%S.%fZ}')) to '{folder}/{number}.parquet';"
        for number, moment in enumerate(moments)
    ]
    done = duckdb(views + "\n".join(copies))
    assert done.stderr == ""
    found = list[tuple[Any, Any]]()
    for number, moment in enumerate(moments):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HoursMissing)
            known = archive.markets(moment)
        found.append((parquet.read_table(folder / f"{number}.parquet"), known))
    return found


def random_state(chance: random.Random, at: datetime) -> Row:
    """Return a made state of a market that was fetched by a moment."""
    fetched = at - chance.choice((0, 1, 5000, 90_000)) * SECOND
    return {
        "ticker": chance.choice(TICKERS),
        "title": f"{chance.random()}",
        "fetched_at": fetched,
        "updated_time": chance.choice((None, fetched - chance.randrange(50_000) * SECOND)),
        "body_sha256": chance.randbytes(32),
        "status": chance.choice(STATUSES),
        "result": chance.choice(("yes", "no", "", None, None)),
        "close_time": chance.choice((None, fetched + DAY)),
        "settlement_ts": chance.choice((None, fetched + DAY)),
        "body": "{}",
    }


def random_message(chance: random.Random, at: datetime) -> Row:
    """Return a made message in the life of a market."""
    kind = chance.choice(("activated", "deactivated", "determined", "settled", "close_date_updated", "created"))
    body = {
        "result": chance.choice(RESULTS),
        "close_ts": chance.choice(CLOCKS),
        "settled_ts": chance.choice(CLOCKS),
    }
    said = {name: each for name, each in body.items() if chance.random() < 0.9}
    return {
        "subject_ticker": chance.choice(TICKERS),
        "seen_at": at,
        "received_at": at + chance.randrange(2) * SECOND,
        "kind": kind,
        "payload_sha256": chance.randbytes(32),
        "payload": chance.choice(PAYLOADS) if chance.random() < 0.05 else json.dumps(said),
    }


def write_random(root: Path, chance: random.Random) -> list[datetime]:
    """Write lists, histories and messages of some days, and return moments at which something changes."""
    seen = list[datetime]()
    for hour in (FIRST + timedelta(hours=number) for number in range(24 * DAYS)):
        # Few times, so that some are equal.
        times = [hour + chance.randrange(0, 3600, 300) * SECOND for _ in range(12)]
        seen += chance.sample(times, 1)
        if chance.random() < 0.1:
            states = [random_state(chance, each) for each in times]
            within = [row for row in states if row["fetched_at"] >= hour]
            write_rows(root, "markets_history", within, hour)
        if chance.random() < 0.1:
            write_rows(root, "lifecycle_events", [random_message(chance, each) for each in times], hour)
        if hour.hour == 0 and chance.random() < 0.7:
            # A list is of the beginning of a day; one that was written again has later states, too.
            written = hour + chance.choice((0, 0, 40_000)) * SECOND
            rows = {each["ticker"]: each for each in (random_state(chance, written) for _ in range(20))}
            write_rows(root, "markets", rows.values(), hour)
    return seen


@pytest.mark.parametrize("seed", range(2))
def test_markets_at_any_moment_are_those_of_the_library(
    seed: int, tmp_path: Path, views: Callable[[Path], str]
) -> None:
    chance, root = random.Random(seed), write_sample(tmp_path)
    changes = chance.sample(write_random(root, chance), 20)
    moments = [each + chance.choice((-1, 0, 0, 1)) * timedelta(microseconds=1) for each in changes]
    moments = [each for each in moments if each >= FIRST + DAY]
    changed = set[str]()
    for found, known in markets_of_both(views(root), open_archive(root), moments, tmp_path):
        assert found.column_names == file_schema(STREAMS["markets"]).names
        assert found.to_pylist() == known.to_pylist()
        changed.update(known["status"].drop_null().to_pylist())
    assert len(changed) == len(STATUSES) - 1


def test_a_newer_state_wins_and_nothing_later_is_known(tmp_path: Path, views: Callable[[Path], str]) -> None:
    states = [(HEAT, 60, None), (HEAT, 10, 9), (HEAT, 70, 50), (HEAT, 80, 40), (FED, 60, None), (FED, 50, None)]
    root = write_sample(tmp_path)
    rows = [
        {
            "ticker": ticker,
            "title": f"{fetched}",
            "fetched_at": after(fetched),
            "updated_time": None if updated is None else after(updated),
            "body": "{}",
        }
        for ticker, fetched, updated in states
    ]
    write_rows(root, "markets_history", rows)
    moments = [after(each) for each in (10, 55, 60, 65, 70, 80, 3002)]
    found = markets_of_both(views(root), open_archive(root), moments, tmp_path)
    assert all(one.to_pylist() == other.to_pylist() for one, other in found)
    assert found[-1][0]["title"].to_pylist() == ["60", "70"]


def test_markets_of_an_unknown_time_are_an_error_of_both(
    tmp_path: Path, archive: Archive, sample: Path, views: Callable[[Path], str]
) -> None:
    moment = HOUR - 20 * DAY
    with pytest.raises(ListingMissing, match="no listing of markets of 2026-10-13"):
        archive.markets(moment)
    done = duckdb(f"{views(sample)}from markets_at('{moment:%Y-%m-%dT%H:%M:%SZ}');")
    assert (done.stdout, done.returncode) == ("", 1)
    assert "no listing of markets of 2026-10-13T15:00:00Z or the days before: choose a later moment" in done.stderr


def test_an_archive_without_a_list_of_markets_answers_the_rest(
    sample: Path, tmp_path: Path, archive: Archive, views: Callable[[Path], str]
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(sample, root)
    shutil.rmtree(root / "markets")
    prepared, book = views(root), archive.book(HEAT, after(60))
    assert isinstance(book, Book)
    rows = json.loads(duckdb(f"{prepared}from book_at('{HEAT}', '{after(60)}');").stdout)
    assert len(rows) == len(book.yes) + len(book.no)
    assert json.loads(duckdb(f"{prepared}select count(*) as n from markets;").stdout) == [{"n": 0}]
    described = [
        {row["column_name"]: row["column_type"] for row in json.loads(duckdb(f"{each}describe markets;").stdout)}
        for each in (prepared, views(sample))
    ]
    assert described[0] == described[1]
