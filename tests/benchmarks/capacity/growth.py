"""What the same work takes after 1, 4 and 16 days: it must not grow with what production holds."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from rich.console import Console
from rich.table import Table

from kalshi_data.database.connection import query
from tests.benchmarks.capacity.load import Period
from tests.benchmarks.capacity.platform import HOUR, Pipeline, Servers, pipeline

SHARE = 0.0002
HOUR_SECONDS = 3600
# What happens in this many hours is merged and classified at once, since the number of rows matters little here.
PERIOD_HOURS = 4
DAY_PERIODS = 24 // PERIOD_HOURS
# The cost of a row or minute is that of the last periods before each measurement.
LAST_PERIODS = 3
ROUNDS = 25
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
select count(*) filter (where timeseries.ensure_partition('market_data.trades', now() - n * interval '1 day'))
from generate_series(0, %s, 30) as n
"""
BUSIEST = """
select market_ticker from market_data.deltas_during(%(hour)s, %(hour)s::timestamptz + interval '1 h')
group by market_ticker order by count(*) desc, market_ticker limit 1
"""
Column = dict[str, float]


def measure_growth(servers: Servers, days: Sequence[int]) -> Iterator[tuple[str, Column]]:
    """Let days pass, and measure after each of the given numbers of them, then with years of trades."""
    periods = max(days) * DAY_PERIODS
    began = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - (periods * PERIOD_HOURS + 3) * HOUR
    with pipeline(servers, Period(0, began, share=SHARE).books) as steps:
        for number in range(periods):
            period = Period(number, began + number * PERIOD_HOURS * HOUR, PERIOD_HOURS * HOUR_SECONDS, SHARE)
            passed = number + 1
            if (passed + LAST_PERIODS) % DAY_PERIODS == 0:
                steps.meter.steps.clear()
            pass_period(steps, period)
            if passed % DAY_PERIODS == 0 and passed // DAY_PERIODS in days:
                yield f"{passed // DAY_PERIODS} days", measure_now(steps, period.ended - HOUR)
        with steps.production.connect() as production:
            production.execute(MONTHS, (YEARS_DAYS,))
        yield "and 3 years of trades", {"tick of a trade, ms": time_ticks(steps, "trades", TRADE)}


def pass_period(steps: Pipeline, period: Period) -> None:
    """Take some hours through every step but the archive; those before it are packed."""
    steps.receive(period)
    steps.merge()
    steps.classify(period, HOUR_SECONDS)
    if steps.check(period):
        raise AssertionError("a book came out wrong")
    steps.pack(before=period.began)
    steps.tidy()
    if period.number * PERIOD_HOURS % CAPTURED_HOURS == 0:
        for gatherer in steps.gatherers:
            with gatherer.connect() as connection:
                connection.execute(DROP_CAPTURED, (period.began - HOUR,))


def measure_now(steps: Pipeline, hour: datetime) -> Column:
    """Measure each kind of work; `hour` is the last one, which is not packed yet."""
    upkeep = steps.upkeep
    minutes = {"minutes_max": 60, "markets_max": 2_000}
    due = {"hours_after": 10_000, "rows_max": 50_000, "needs_archive": False}
    costs = {name: cost.per_unit * 1000 for name, cost in steps.meter.steps.items()}
    return {
        "merge 1,000 changes, core ms": costs["merge orderbook_deltas"] * 1000,
        "merge 1,000 summaries, core ms": costs["merge tickers"] * 1000,
        "pack 1,000 changes, core ms": costs["pack"] * 1000,
        "classify a minute, core ms": costs["classify minutes"],
        "check a book, core ms": costs["check books"],
        "retention, core ms": costs["arbitration and retention"],
        "tick of a change, ms": time_ticks(steps, "orderbook_deltas", DELTA),
        "tick of a trade, ms": time_ticks(steps, "trades", TRADE),
        "look for hours to pack, ms": time_calls(
            lambda: upkeep.execute(query("production/packing/pack_next_hour"), due).fetchone()
        ),
        "look for minutes, ms": time_calls(
            lambda: upkeep.execute(query("production/completeness/advance_minutes"), minutes).fetchone()
        ),
        "book_at, hot, ms": time_reads(steps, hour, "select * from market_data.book_at(%s, %s)"),
        "book_at, packed, ms": time_reads(
            steps, hour - PERIOD_HOURS * HOUR, "select * from market_data.book_at(%s, %s)"
        ),
        "an hour of changes, packed, ms": time_reads(
            steps,
            hour - PERIOD_HOURS * HOUR,
            "select count(*) from market_data.deltas(%s, %s::timestamptz - interval '1 h', 'infinity')",
        ),
    }


def time_calls(call: Callable[[], object]) -> float:
    """Return the median milliseconds of a call; other work of the machine disturbs single ones."""
    times: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def time_ticks(steps: Pipeline, stream: str, statement: str) -> float:
    """Return the median milliseconds of a tick that brings one row."""
    times: list[float] = []
    with steps.gatherers[0].connect() as gatherer:
        now = datetime.now(UTC)
        gatherer.execute(query("capture/record/ensure_partitions"), {"moment": now})
        for number in range(ROUNDS):
            at = now + timedelta(milliseconds=number)
            gatherer.execute(statement.encode(), {"at": at, "n": time.time_ns() // 1000 % 10**8, "ticker": "KXTICK-1"})
            began = time.perf_counter()
            while not steps.tick(stream):
                pass
            times.append((time.perf_counter() - began) * 1000)
    return median(times)


def time_reads(steps: Pipeline, hour: datetime, statement: str) -> float:
    """Return the median milliseconds of a query about the busiest market at the end of an hour."""
    with steps.production.connect("reader") as reader:
        (ticker,) = reader.execute(BUSIEST, {"hour": hour}).fetchall()[0]
        asked = (ticker, hour + timedelta(minutes=55))
        return time_calls(lambda: reader.execute(statement.encode(), asked).fetchall())


def show_growth(columns: dict[str, Column], console: Console) -> None:
    """Print a row for each kind of work, and a column for each number of days."""
    table = Table("work", title="the same work after days")
    for name in columns:
        table.add_column(name, justify="right")
    for work in next(iter(columns.values())):
        values = (column.get(work) for column in columns.values())
        table.add_row(work, *("" if value is None else f"{value:,.2f}" for value in values))
    console.print(table)
