"""One run: hours of a part of the reference day for the sizes, minutes of its whole width for the processor."""

import resource
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from kalshi_data.demo.postgres import server_account
from tests.benchmarks.capacity.load import Period
from tests.benchmarks.capacity.meter import StepCost
from tests.benchmarks.capacity.platform import CHECKED_UNTIL, HOUR, Pipeline, Servers, pipeline
from tests.benchmarks.capacity.production import make_engine
from tests.benchmarks.capacity.sizes import PASSING, read_bytes, read_rows, row_bytes
from tests.support.engines import Engine

PERIODS_AN_HOUR = 4
# At the whole width: the first period covers every market and audits every book, the others are as always.
WIDE_PERIODS = 3
BOOKS_READ = 60
ROUNDS = 10
GATHERER_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "2GB"}
ACTIVE = """
select market_ticker from market_data.hot_orderbook_deltas where exchange_ts >= %(hour)s and exchange_ts < %(until)s
group by market_ticker order by hashtext(market_ticker) limit %(books)s
"""
# No hour after those of the run has a row, so it needs no file before its day can be packed.
FINISH_DAYS = """
update ops.archive_partitions set state = 'verified', row_count = 0
where state = 'pending' and row_count is null and hour >= %s
"""
ARCHIVED = """
select stream, sum(byte_count)::float8 / sum(row_count) from ops.archive_partitions where row_count > 0 group by stream
"""


class Load(msgspec.Struct):
    """What a run works on: hours of a share of the day, then minutes of another share, which may be all of it."""

    share: float = 0.02
    hours: int = 2
    wide_share: float = 1.0
    wide_seconds: int = 120


class Measured(msgspec.Struct):
    """What was measured."""

    load: Load
    # Bytes of one row, by table or stream.
    captured: dict[str, float] = {}
    hot: dict[str, float] = {}
    kept: dict[str, float] = {}
    archived: dict[str, float] = {}
    passing_bytes: float = 0
    hours_steps: dict[str, StepCost] = {}
    wide_steps: dict[str, StepCost] = {}
    packed_rows: int = 0
    # Rows of production's tables after the hours, and bytes that the hours brought.
    rows: dict[str, int] = {}
    grown: dict[str, int] = {}
    hot_read_ms: float = 0
    packed_read_ms: float = 0
    shared_mb: float = 0
    idle_mb: float = 0
    own_rss_mb: float = 0
    wrong: int = 0


@contextmanager
def running_servers(folder: Path) -> Generator[Servers]:
    """Start production's server and the gatherers'."""
    account = server_account()
    production = make_engine(folder, account)
    gatherers = Engine("plain", folder / "gatherers", production.binaries, account, GATHERER_SETTINGS)
    with production.running(), gatherers.running():
        yield Servers(production, gatherers)


def measure(load: Load) -> Measured:
    """Measure on servers of its own."""
    with tempfile.TemporaryDirectory(prefix="kalshi-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with running_servers(folder) as servers:
            return measure_on(servers, load, folder)


def measure_on(servers: Servers, load: Load, folder: Path) -> Measured:
    """Measure on running servers."""
    measured = Measured(load)
    run_hours(servers, load, folder, measured)
    run_minutes(servers, load, folder, measured)
    measured.own_rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return measured


def run_hours(servers: Servers, load: Load, folder: Path, measured: Measured) -> None:
    """Take some hours through every step, and measure the sizes."""
    # Days that are over, so that all of it can be packed.
    days = 2 + load.hours // 24
    began = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - days * 24 * HOUR
    with pipeline(servers, Period(0, began, share=load.share).books, folder) as steps:
        with steps.production.connect() as connection:
            empty = read_bytes(connection)
        for number in range(load.hours):
            hour = began + number * HOUR
            for period in periods(hour, number, load.share):
                step(steps, period, measured)
            # An hour is packed hours later, when no row of the next one is near it.
            measured.packed_rows += steps.pack(before=hour)
            steps.tidy()
            measured.wrong += steps.export(hour)
        last = began + (load.hours - 1) * HOUR
        measure_hot(steps, empty, measured)
        measure_packing(steps, last, measured)
        measure_tables(steps, empty, measured)
        measured.hours_steps = steps.meter.steps
        keep_memory(steps, measured)


def periods(hour: datetime, number: int, share: float) -> list[Period]:
    """Return the periods of an hour."""
    first = Period(number * PERIODS_AN_HOUR, hour, share=share)
    return [
        first._replace(number=first.number + place, began=hour + place * timedelta(seconds=first.seconds))
        for place in range(PERIODS_AN_HOUR)
    ]


def step(steps: Pipeline, period: Period, measured: Measured) -> None:
    """Take a period through everything that happens as it goes on."""
    steps.receive(period)
    steps.merge()
    steps.classify(period)
    measured.wrong += steps.check(period)
    steps.tidy()


def measure_hot(steps: Pipeline, empty: dict[str, int], measured: Measured) -> None:
    """Measure rows of the last hour, which is not packed yet, and what a gatherer holds of all hours."""
    with steps.production.connect() as production, steps.gatherers[0].connect() as gatherer:
        measured.hot = row_bytes(production, read_bytes(production), empty)
        measured.captured = row_bytes(gatherer, read_bytes(gatherer), {})


def measure_packing(steps: Pipeline, last: datetime, measured: Measured) -> None:
    """Read books of the last hour while it is hot, pack it, and read them again."""
    with steps.production.connect() as connection:
        asked = {"hour": last, "until": last + HOUR, "books": BOOKS_READ}
        tickers = [str(ticker) for (ticker,) in connection.execute(ACTIVE, asked).fetchall()]
        connection.execute("analyze")
        measured.hot_read_ms = read_books(steps, tickers, last, "book_at, hot")
        connection.execute(FINISH_DAYS, (last + HOUR,))
        connection.execute(CHECKED_UNTIL, (last + 24 * HOUR,))
        measured.packed_rows += steps.pack()
        steps.tidy()
        connection.execute("analyze")
        measured.packed_read_ms = read_books(steps, tickers, last, "book_at, packed")


def read_books(steps: Pipeline, tickers: list[str], hour: datetime, name: str) -> float:
    """Return the processor milliseconds in which a book is rebuilt."""
    with steps.production.connect("reader") as reader, steps.meter.step(name) as cost:
        for _ in range(ROUNDS):
            for place, ticker in enumerate(tickers):
                moment = hour + timedelta(minutes=5 + place % 55)
                reader.execute("select * from market_data.book_at(%s, %s)", (ticker, moment)).fetchall()
                cost.units += 1
    return cost.per_unit * 1000


def measure_tables(steps: Pipeline, empty: dict[str, int], measured: Measured) -> None:
    """Measure what stays in production when everything is packed."""
    with steps.production.connect() as connection:
        tables = read_bytes(connection)
        measured.kept = row_bytes(connection, tables, empty)
        measured.rows = {table: read_rows(connection, table) for table in tables}
        measured.grown = {table: size - empty[table] for table, size in tables.items() if size > empty[table]}
        measured.archived = dict(connection.execute(ARCHIVED).fetchall())
        measured.passing_bytes = sum(tables.get(table, 0) for table in PASSING) / measured.load.share


def run_minutes(servers: Servers, load: Load, folder: Path, measured: Measured) -> None:
    """Take some minutes of the whole width through the steps that happen as they go on."""
    began = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    first = Period(0, began, load.wide_seconds, load.wide_share)
    with pipeline(servers, first.books, folder) as steps:
        for number in range(WIDE_PERIODS):
            if number == 1:
                steps.meter.steps.clear()
            step(
                steps, first._replace(number=number, began=began + number * timedelta(seconds=first.seconds)), measured
            )
        measured.wide_steps = steps.meter.steps
        keep_memory(steps, measured)


def keep_memory(steps: Pipeline, measured: Measured) -> None:
    """Keep the largest memory of all."""
    measured.shared_mb = max(measured.shared_mb, steps.meter.shared_mb)
    measured.idle_mb = max(measured.idle_mb, steps.meter.idle_mb)
