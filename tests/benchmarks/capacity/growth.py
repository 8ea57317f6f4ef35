"""What the same work takes after 1, 4 and 16 days: it must not grow with what production holds."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import psutil
from rich.console import Console
from rich.table import Table

from kalshi_data.database.connection import Connection, query
from tests.benchmarks.capacity.load import Period
from tests.benchmarks.capacity.platform import HOUR, Pipeline, Servers, pipeline

SHARE = 0.0002
HOUR_SECONDS = 3600
# What happens in a day is merged and classified at once, since what counts here is how many hours there are.
DAY_HOURS = 24
# Partitions of this many hours are dropped at once.
DROPPED_HOURS = 10
ROUNDS = 50
# A gatherer drops what is merged after this many hours.
CAPTURED_HOURS = 12
YEARS_DAYS = 3 * 365
DELTA = """
insert into capture.orderbook_deltas (
    received_at, exchange_ts, connection_id, sid, seq, market_ticker, clock, side, price, size_delta, occurrence,
    time_digits, frame_number
)
select %(at)s, %(at)s, 1, 1, %(n)s, %(ticker)s, 2000000000 + %(n)s, 'yes', 0.9900, 1.00, 0, 6, %(n)s
"""
TRADE = """
insert into capture.trades (
    received_at, exchange_ts, connection_id, sid, trade_id, market_ticker, yes_price, no_price, size, taker_side,
    time_digits, frame_number
)
select %(at)s, %(at)s, 9, 2, gen_random_uuid()::text, %(ticker)s, 0.4000, 0.6000, 1.00, 'yes', 3, %(n)s
"""
DROP_CAPTURED = """
select count(d.*) from timeseries.series as s cross join lateral timeseries.drop_partitions(s.target, %s) as d
"""
MONTHS = """
select count(*) filter (where timeseries.ensure_partition('market_data.packed_trades', now() - n * interval '1 day'))
from generate_series(0, %s, 30) as n
"""
BUSIEST = """
select market_ticker from market_data.deltas_during(%(hour)s, %(hour)s::timestamptz + interval '1 h')
group by market_ticker order by count(*) desc, market_ticker limit 1
"""
BOOK = "select * from market_data.book_at(%s, %s)"
CHANGES = "select count(*) from market_data.deltas(%s, %s::timestamptz - interval '1 h', %s)"
Column = dict[str, float]


def measure_growth(servers: Servers, days: Sequence[int]) -> Iterator[tuple[str, Column]]:
    """Let days pass, and measure after each of the given numbers of them, then with years of trades."""
    began = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - (max(days) * DAY_HOURS + 3) * HOUR
    with pipeline(servers, Period(0, began, share=SHARE).books) as steps:
        for number in range(max(days)):
            period = Period(number, began + number * DAY_HOURS * HOUR, DAY_HOURS * HOUR_SECONDS, SHARE)
            steps.meter.steps.clear()
            pass_day(steps, period)
            hot = time_reads(steps, period.ended)
            pack_day(steps)
            if number + 1 in days:
                yield f"{number + 1} days", measure_now(steps, period.ended, hot)
        with steps.production.connect() as production:
            production.execute(MONTHS, (YEARS_DAYS,))
        yield "and 3 years of trades", {"tick of a trade": time_ticks(steps, "trades", TRADE)}


def pass_day(steps: Pipeline, period: Period) -> None:
    """Take a day through every step but the archive."""
    steps.receive(period)
    steps.merge()
    steps.classify(period, HOUR_SECONDS)
    if steps.check(period):
        raise AssertionError("a book came out wrong")
    for gatherer in steps.gatherers:
        with gatherer.connect() as connection:
            connection.execute(DROP_CAPTURED, (period.ended - CAPTURED_HOURS * HOUR,))


def pack_day(steps: Pipeline) -> None:
    """Pack what is hot, and drop its partitions."""
    steps.pack()
    for _ in range(0, DAY_HOURS, DROPPED_HOURS):
        steps.tidy()


def measure_now(steps: Pipeline, ended: datetime, hot: Column) -> Column:
    """Measure each kind of work; the day that has just ended is packed."""
    upkeep = steps.upkeep
    minutes = {"minutes_max": 60, "markets_max": 2_000}
    due = {"hours_after": 10_000, "rows_max": 50_000, "needs_archive": False}
    costs = {name: cost.per_unit * 1000 for name, cost in steps.meter.steps.items()}
    packed = time_reads(steps, ended)
    return {
        "merge 1,000 changes": costs["merge orderbook_deltas"] * 1000,
        "merge 1,000 summaries": costs["merge tickers"] * 1000,
        "pack 1,000 rows": costs["pack"] * 1000,
        "classify an hour": costs["classify minutes"] * 60,
        "retention": costs["arbitration and retention"],
        "tick of a change": time_ticks(steps, "orderbook_deltas", DELTA),
        "tick of a trade": time_ticks(steps, "trades", TRADE),
        "look for hours to pack": time_calls(
            upkeep, lambda: upkeep.execute(query("production/packing/pack_next_hour"), due).fetchone()
        ),
        "look for minutes": time_calls(
            upkeep, lambda: upkeep.execute(query("production/completeness/advance_minutes"), minutes).fetchone()
        ),
        **{f"{name}, hot": value for name, value in hot.items()},
        **{f"{name}, packed": value for name, value in packed.items()},
    }


def time_calls(connection: Connection, call: Callable[[], object]) -> float:
    """Return the processor milliseconds of a session's server process for one call."""
    backend = psutil.Process(connection.info.backend_pid)
    began = sum(backend.cpu_times()[:2])
    for _ in range(ROUNDS):
        call()
    return (sum(backend.cpu_times()[:2]) - began) / ROUNDS * 1000


def time_ticks(steps: Pipeline, stream: str, statement: str) -> float:
    """Return the processor milliseconds of a tick that brings one row."""
    now = datetime.now(UTC)
    numbers = count(int(now.timestamp()) % 10**8 * 100)

    with steps.gatherers[0].connect() as gatherer:
        gatherer.execute(query("capture/record/ensure_partitions"), {"moment": now})

        def tick() -> None:
            number = next(numbers)
            at = now + timedelta(milliseconds=number % 1000)
            gatherer.execute(statement.encode(), {"at": at, "n": number, "ticker": "KXTICK-1"})
            while not steps.tick(stream):
                pass

        return time_calls(steps.session(stream), tick)


def time_reads(steps: Pipeline, ended: datetime) -> Column:
    """Return the processor milliseconds of queries about the busiest market at the end of a day."""
    with steps.production.connect("reader") as reader:
        (ticker,) = reader.execute(BUSIEST, {"hour": ended - HOUR}).fetchall()[0]
        return {
            "book_at": time_calls(reader, lambda: reader.execute(BOOK, (ticker, ended)).fetchall()),
            "changes of an hour": time_calls(
                reader, lambda: reader.execute(CHANGES, (ticker, ended, ended)).fetchall()
            ),
        }


def show_growth(columns: dict[str, Column], console: Console) -> None:
    """Print a row for each kind of work, and a column for each number of days."""
    table = Table("work", title="processor milliseconds of production for the same work")
    for name in columns:
        table.add_column(name, justify="right")
    for work in next(iter(columns.values())):
        values = (column.get(work) for column in columns.values())
        table.add_row(work, *("" if value is None else f"{value:,.2f}" for value in values))
    console.print(table)
