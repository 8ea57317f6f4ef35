"""The library's books are those of production, with and without the exchange's clock, at every moment."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.reader import Absent, Archive, Book, open_archive
from kalshi_data.reader.amounts import to_millionths
from kalshi_data.reader.files.hour_files import stream_named
from tests.support.archived_rows import write
from tests.support.books import Level, delta, snapshot
from tests.support.coverage import T0, at
from tests.support.engines import Database

HOUR = timedelta(hours=1)
BEGIN = T0.replace(minute=0, second=0, microsecond=0)
TICKER = "KXA-1"


class Kind(NamedTuple):
    """How often an exchange leaves out: a change's clock, a snapshot's clock, the time of its last change."""

    without_clock: float
    snapshots_without: float
    without_last_change: float


KINDS = {
    "with clock": Kind(0, 0, 0),
    "without clock": Kind(1, 1, 0.3),
    "some without": Kind(0.2, 0.4, 0.3),
}


def trade_at_random(connection: Connection, chance: random.Random, kind: Kind) -> set[datetime]:
    """Insert changes and snapshots of a market for half an hour, and return the times at which any happened.

    Clocks rise with time. Each row is received up to 2 s late; some snapshots are late copies of an earlier state.
    """
    book: dict[Level, Decimal] = {}
    states: list[tuple[int, dict[Level, Decimal], float]] = []
    moments = set[datetime]()
    minute, clock = 0.0, 0
    for number in range(80):
        minute += chance.choice([0, 0.0001, 0.01, 0.5])
        side, price = chance.choice(["yes", "no"]), Decimal(chance.randrange(1, 9)) / 10
        held = book.get((side, price), Decimal(0))
        change = chance.choice([Decimal(chance.randrange(1, 50)), -held]) or Decimal("0.01")
        clock += chance.randrange(1, 3)
        has_clock = chance.random() >= kind.without_clock
        received = minute + chance.random() / 30
        given: dict[str, Any] = {"received": received, "gatherer": chance.randrange(1, 4), "occurrence": number}
        digits = chance.choice([6, 3, 0, None]) if kind.without_clock else 6
        delta(connection, minute, clock if has_clock else 0, side, str(price), str(change), digits=digits, **given)
        book[side, price] = held + change
        states.append((clock, {level: size for level, size in book.items() if size}, minute))
        moments |= {at(minute), at(received)}
        if number % 9 == 4:
            of_clock, state, changed = states[-1 - chance.choice([0, 0, 0, 2])]
            taken = minute + chance.random() / 20
            is_bare = chance.random() < kind.snapshots_without
            last_change = None if chance.random() < kind.without_last_change else at(changed)
            shown: dict[str, Any] = {"occurrence": 1 + number} if is_bare else {"last_change": last_change}
            snapshot(connection, taken, 0 if is_bare else of_clock, state, gatherer=chance.randrange(1, 4), **shown)
            moments.add(at(taken))
    return moments


def archived(production: Database, folder: Path) -> Archive:
    for name in ("orderbook_deltas", "orderbook_snapshots", "coverage"):
        for hour in (BEGIN - HOUR, BEGIN, BEGIN + HOUR):
            path = folder / f"{name}/date={hour:%Y-%m-%d}/hour={hour:%H}/part-0.parquet"
            path.parent.mkdir(parents=True)
            write(production, stream_named(name), path, hour, hour + HOUR)
    return open_archive(folder)


Levels = dict[tuple[str, int], int]


def levels_at(connection: Connection, moment: datetime) -> Levels:
    found = connection.execute("select * from market_data.book_at(%s, %s)", (TICKER, moment)).fetchall()
    return {(side, to_millionths(price)): to_millionths(size) for side, price, size in found}


def levels_of(book: Book) -> Levels:
    sides = (("yes", book.yes_ladder), ("no", book.no_ladder))
    return {(side, price): size for side, ladder in sides for price, size in ladder.items()}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_a_book_is_production_s_at_every_moment(production: Database, tmp_path: Path, kind: Kind, seed: int) -> None:
    chance = random.Random(seed)
    with production.connect("deduplicator") as connection:
        moments = trade_at_random(connection, chance, kind)
        archive = archived(production, tmp_path)
        near = {each + timedelta(microseconds=shift) for each in moments for shift in (-1, 1)}
        asked = sorted(chance.sample(sorted(moments | near), 120))
        found = {each: archive.book(TICKER, each) for each in asked}
        expected = {each: levels_at(connection, each) for each in asked}
        known = {each: levels_of(book) for each, book in found.items() if isinstance(book, Book)}
        assert len(known) > 80
        assert {each: expected[each] for each in known} == known
        assert all(not expected[each] for each in asked if each not in known)
        assert {book.reason for book in found.values() if isinstance(book, Absent)} <= {"before the first snapshot"}


@pytest.mark.parametrize("seed", range(2))
def test_a_walk_passes_through_the_books_and_proves_the_snapshots(
    production: Database, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with production.connect("deduplicator") as connection:
        moments = trade_at_random(connection, chance, KINDS["with clock"])
        archive = archived(production, tmp_path)
        steps = [(step, book.copy()) for step, book in archive.walk(TICKER, BEGIN, BEGIN + 2 * HOUR)]
        times = [step.at for step, _ in steps]
        assert times == sorted(times)
        proofs = [step.proven for step, _ in steps if step.is_snapshot]
        assert proofs[0] is None
        assert len(proofs) > 4
        assert all(proofs[1:])
        for each in sorted(moments):
            book = [book for step, book in steps if step.at <= each][-1]
            if book.is_known:
                assert levels_of(book) == levels_at(connection, each)


def test_a_walk_without_clock_passes_through_the_books_and_proves_nothing(production: Database, tmp_path: Path) -> None:
    for kind in (KINDS["without clock"],):
        chance = random.Random(9)
        with production.connect("deduplicator") as connection:
            moments = trade_at_random(connection, chance, kind)
            steps = [
                (step, book.copy())
                for step, book in archived(production, tmp_path).walk(TICKER, BEGIN, BEGIN + 2 * HOUR)
            ]
            assert {step.proven for step, _ in steps} == {None}
            for each in sorted(moments):
                book = [book for step, book in steps if step.at <= each][-1]
                if book.is_known:
                    assert levels_of(book) == levels_at(connection, each)


def test_a_walk_begins_with_the_book_of_its_beginning(production: Database, tmp_path: Path) -> None:
    with production.connect("deduplicator") as connection:
        moments = trade_at_random(connection, random.Random(5), KINDS["with clock"])
        archive = archived(production, tmp_path)
        for begin in sorted(moments)[20::7]:
            step, book = next(iter(archive.walk(TICKER, begin, begin + HOUR)))
            assert step.at == begin.astimezone(UTC)
            assert levels_of(book) == levels_at(connection, begin)
            assert {(side, to_millionths(level.price)) for side, level in step.changes} == set(levels_of(book))
