"""What audits of order books add to a gatherer's write-ahead log, beside storing every snapshot."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from kalshi_data.database.connection import Connection, query
from kalshi_data.demo.postgres import embedded_binaries, server_account
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import FRAME, Kind, LogRecord
from kalshi_data.gatherer.recording.batch import Item, write_batch
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.timestamps import from_ns
from tests.benchmarks.capacity.load import AUDIT_SECONDS, BOOKS
from tests.support.engines import Database, Engine
from tests.support.receiving import BOOKS_SUBSCRIBED, delta, snapshot

BOOKS_PER_SECOND = 1_000
LEVELS = 25
BATCH_ITEMS = 10_000
HOUR_SECONDS = 3_600
# An hour that begins with a whole one.
BEGAN_NS = 1_793_109_600_000_000_000 // (HOUR_SECONDS * 10**9) * HOUR_SECONDS * 10**9
AUDITS = range(HOUR_SECONDS // AUDIT_SECONDS)
# Vacuum adds what depends on when it comes.
SETTINGS = {"shared_buffers": "256MB", "full_page_writes": "on", "autovacuum": "off"}
WRITTEN = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"


def measure(seconds: float) -> dict[str, float]:
    """Return the megabytes of the log that an hour's audits of 50,000 books take, measured with fewer books.

    Either no book changes, or each changes before every second audit.
    """
    books = max(100, round(seconds * BOOKS_PER_SECOND))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kalshi-")))
        folder.chmod(0o711)
        account = server_account()
        engine = Engine("plain", folder / "server", embedded_binaries(account, folder), account, SETTINGS)
        stack.enter_context(engine.running())
        sizes: dict[str, int] = {}
        for name, changes in {"quiet": False, "changing": True}.items():
            for kind, writing in {"every": write_every, "once": write_once}.items():
                database = stack.enter_context(engine.database("kalshi_ts"))
                sizes[f"{name}_snapshots_stored_{kind}_wal_mb"] = writing(database, audits(books, changes=changes))
    return {name: size * BOOKS / books / 1e6 for name, size in sizes.items()}


def audits(books: int, *, changes: bool) -> Iterator[list[Item]]:
    """Yield what each round of audits is decoded to; the first one is before the hour."""
    decoder, number = FrameDecoder(1, WritingSettings()), 1

    def decode(ns: int, kind: int, payload: bytes) -> list[Item]:
        nonlocal number
        number += 1
        return decoder.decode(LogRecord(number, ns, 1, kind, payload)).items

    items = decode(BEGAN_NS - 10**9, Kind.OPENED, b"{}")
    items += decode(BEGAN_NS - 10**9, Kind.SENT, b'{"id":1,"cmd":"subscribe"}')
    items += decode(BEGAN_NS - 10**9, FRAME, BOOKS_SUBSCRIBED)
    seq = 0
    for audit in (-1, *AUDITS):
        began_ns = BEGAN_NS + (audit * AUDIT_SECONDS + 1) * 10**9
        for book in range(books):
            ticker = f"KXAUDITED{book % 997:03}-26NOV29PLAYER-T{book:07}"
            ns = began_ns + book * AUDIT_SECONDS * 10**9 // (books + books)
            # How often the book has changed: a level is filled, or emptied again.
            clock = 1 + (audit + 1 + book % 2) // 2 if changes else 1
            if audit >= 0 and changes and (audit + book) % 2:
                seq += 1
                size = "-7.00" if clock % 2 else "7.00"
                decode(ns, FRAME, delta(seq, ticker, price_dollars="0.5000", delta_fp=size, clock=clock))
            seq += 1
            levels = [[f"0.{place:02}00", f"{1 + (book * 7 + place) % 500}.00"] for place in range(1, LEVELS + 1)]
            yes = levels if clock % 2 else [*levels, ["0.5000", "7.00"]]
            items += decode(ns, FRAME, snapshot(seq, ticker, clock=clock, yes_dollars_fp=yes, no_dollars_fp=levels))
        yield items
        items = []


def write_every(database: Database, rounds: Iterator[list[Item]]) -> int:
    """Store every snapshot, and return by how much the log grew in the hour."""
    with database.connect("gatherer") as connection:
        for hour in (-1, 0):
            moment = from_ns(BEGAN_NS + hour * HOUR_SECONDS * 10**9)
            connection.execute(query("capture/record/ensure_partitions"), {"moment": moment})
        return grown(database, rounds, lambda batch: write_batch(connection, batch, batch[-1].number))


def write_once(database: Database, rounds: Iterator[list[Item]]) -> int:
    """Store as a gatherer does, and return by how much the log grew in the hour."""
    committer = Committer(database.conninfo("gatherer"), WritingSettings(), Counters())
    size = grown(database, rounds, lambda batch: committer.commit(batch, batch[-1].number))
    committer.disconnect()
    return size


def grown(database: Database, rounds: Iterator[list[Item]], write: Callable[[Sequence[Item]], None]) -> int:
    """Write one round after the other, and return by how much the log grew in those of the hour."""
    with database.connect() as superuser:
        began = 0
        for number, items in enumerate(rounds):
            if number == 1:
                began = position(superuser)
            for first in range(0, len(items), BATCH_ITEMS):
                write(items[first : first + BATCH_ITEMS])
        return position(superuser) - began


def position(superuser: Connection) -> int:
    """Return how many bytes the server has ever written to its log."""
    return int(superuser.execute(WRITTEN.encode()).fetchall()[0][0])
