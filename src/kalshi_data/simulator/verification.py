"""Compare production with a journal by SQL, as multisets, without any data of a gatherer."""

from pathlib import Path

import msgspec

from kalshi_data.cli.tables import make_console, print_line, table
from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.streams import STREAMS

VERIFIED_STREAMS = tuple(stream.name for stream in STREAMS if stream.is_verified)
SNAPSHOTS = "orderbook_snapshots"
COLUMNS = ("published", "present", "lost", "invented")


class StreamCounts(msgspec.Struct, frozen=True):
    """One stream: messages published, held, published but not held, and held but not published."""

    published: int
    present: int
    lost: int
    invented: int


class Verification(msgspec.Struct):
    """A whole comparison.

    `unreadable` messages cannot be understood, so gatherers keep them in quarantine and production lacks them.
    `withheld` ones were sent to no connection because of a listed fault or gap, so production need not hold them.
    `books` were compared level by level after each clock, except books that miss a withheld change, until their next
    snapshot that was sent.
    """

    streams: dict[str, StreamCounts]
    unreadable: int
    withheld: int
    books: int
    wrong_books: int
    faults: list[str]
    # What the exchange answered about its shards, which is no message.
    exchange_states: StreamCounts

    @property
    def complete(self) -> bool:
        """Whether production holds exactly what was published, and something was published."""
        compared = (*self.streams.values(), self.exchange_states)
        wrong = any(each.lost or each.invented for each in compared) or self.wrong_books or self.unreadable
        return not wrong and any(each.published for each in self.streams.values())


class ExcludedMessages(msgspec.Struct, frozen=True):
    """How many lines of a journal are not compared: unreadable ones, and ones that were sent to no connection."""

    unreadable: int
    withheld: int


def verify_journal(production: str, journal: Path) -> Verification:
    """Compare a production database with the journal of an exchange.

    Raises:
        psycopg.Error: if production cannot be reached.
    """
    with connect(production, application_name="verify") as connection:
        return compare_journal(connection, journal)


def compare_journal(connection: Connection, journal: Path) -> Verification:
    """Compare what a connection to production sees with the journal of an exchange."""
    excluded = load_journal(connection, journal)
    books, wrong_books = count_books(connection)
    return Verification(
        streams={name: count_stream(connection, name) for name in VERIFIED_STREAMS},
        unreadable=excluded.unreadable,
        withheld=excluded.withheld,
        books=books,
        wrong_books=wrong_books,
        faults=[str(row[0]) for row in connection.execute(query("verification/list_faults")).fetchall()],
        exchange_states=count_exchange_states(connection),
    )


def load_journal(connection: Connection, journal: Path, *, keep_withheld: bool = False) -> ExcludedMessages:
    """Load a journal into temporary tables of this connection, without the messages that are not compared.

    With `keep_withheld` those that were sent to no connection are compared, too.
    """
    excluded = read_journal(connection, journal, keep_withheld=keep_withheld)
    place_books(connection)
    return excluded


def read_journal(connection: Connection, journal: Path, *, keep_withheld: bool = False) -> ExcludedMessages:
    """Load a journal, but do not look yet at what production holds of its books."""
    for function in (
        query("verification/sent/create_time"),
        query("verification/sent/create_amount"),
        query("verification/sent/create_number"),
        query("verification/sent/create_text"),
        query("verification/sent/create_storable"),
        query("verification/sent/create_clock"),
        query("verification/sent/create_levels"),
        query("verification/sent/create_side"),
        query("verification/sent/create_digits"),
        query("verification/sent/create_time_labels"),
        query("verification/facts/pair/create_nearness"),
    ):
        connection.execute(function)
    connection.execute(query("verification/prefer_hash_joins"))
    connection.execute(query("verification/stage_journal"))
    with (
        journal.open(errors="replace") as lines,
        connection.cursor() as cursor,
        cursor.copy(query("verification/copy_journal")) as copy,
    ):
        for line in lines:
            copy.write_row((line.replace("\0", "\\u0000"),))
    parsed = connection.execute(query("verification/parse_journal")).rowcount
    connection.execute(query("verification/forget_books_in_gaps"))
    withheld = 0 if keep_withheld else connection.execute(query("verification/drop_withheld")).rowcount
    connection.execute(query("verification/stage/forms"))
    connection.execute(query("verification/stage/whole_trades"))
    for name in (*VERIFIED_STREAMS, "exchange_status"):
        connection.execute(query(f"verification/stage/{name}"))
    connection.execute(query("verification/stage/analyze_messages"))
    connection.execute(query("verification/stage/snapshot_changes"))
    row = connection.execute(query("verification/count_unreadable"), {"parsed": parsed}).fetchone() or (0,)
    return ExcludedMessages(int(row[0]), withheld)


def place_books(connection: Connection) -> None:
    """Place the books of the journal where production's labels can place them, and find its snapshots there."""
    for step in (
        query("verification/stage/books/precisions"),
        query("verification/stage/books/coarse_seconds"),
        query("verification/stage/books/unsure_times"),
        query("verification/stage/books/positions"),
        query("verification/stage/books/analyze_positions"),
        query("verification/stage/books/snapshots"),
        query("verification/stage/books/published"),
        query("verification/stage/books/changes"),
        query("verification/stage/snapshot_states"),
        query("verification/stage/snapshot_labels"),
    ):
        connection.execute(step)


def count_stream(connection: Connection, name: str) -> StreamCounts:
    """Compare one stream."""
    if name == SNAPSHOTS:
        row = connection.execute(query("verification/verify/orderbook_snapshots")).fetchone()
    else:
        row = _count_facts(connection, name)
    return StreamCounts(*(int(each) for each in row or (0, 0, 0, 0)))


def _count_facts(connection: Connection, name: str) -> tuple[int, ...] | None:
    """Pair what was published with what is held, and count what is left of both."""
    for step in (
        query("verification/facts/create_tables"),
        query(f"verification/facts/published/{name}"),
        query("verification/facts/analyze_forms"),
        query("verification/facts/collect"),
        query("verification/facts/require_labels"),
        query(f"verification/facts/held/{name}"),
        query("verification/facts/analyze_facts"),
        query("verification/facts/pair/equal"),
        query("verification/facts/pair/find_candidates"),
        query("verification/facts/pair/create_function"),
    ):
        connection.execute(step)
    return connection.execute(query("verification/facts/count")).fetchone()


def count_exchange_states(connection: Connection) -> StreamCounts:
    """Compare what the exchange answered about its shards."""
    row = connection.execute(query("verification/verify/exchange_status")).fetchone() or (0, 0, 0, 0)
    return StreamCounts(*(int(each) for each in row))


def count_books(connection: Connection) -> tuple[int, int]:
    """Return how many books were compared after a clock, and how many of them are wrong."""
    row = connection.execute(query("verification/verify/books")).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def show(found: Verification) -> None:
    """Print the comparison."""
    console = make_console()
    streams = table("stream", *COLUMNS)
    for name, counts in {**found.streams, "exchange_status": found.exchange_states}.items():
        values = (counts.published, counts.present, counts.lost, counts.invented)
        streams.add_row(name, *(f"{value:,}" for value in values))
    console.print(streams)
    for line in (
        f"books after each change: {found.books:,} compared, {found.wrong_books:,} wrong",
        f"listed gaps: {found.withheld:,} messages sent to no connection, {found.unreadable:,} unreadable",
        *(f"fault: {fault}" for fault in found.faults),
        "complete" if found.complete else "incomplete",
    ):
        print_line(console, line)
