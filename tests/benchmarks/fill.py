"""Deltas for benchmarks of the merge: the whole stream, and gatherers that miss some or have some out of order."""

from datetime import UTC, datetime
from typing import NamedTuple

from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database

BEGAN = datetime.now(UTC).replace(microsecond=0)
TRANSACTION_ROWS = 5_000
KEY = ("exchange_ts", "market_ticker", "clock", "side", "price", "size_delta", "occurrence")
# The changes from `first` until `until`: 100 us apart in 5,000 markets, every 50th equal to the one before it.
PUBLISHED = """
select
    n,
    %(began)s::timestamptz + m * interval '100 us' as exchange_ts,
    'KXBENCH-T' || m %% 5000 as market_ticker,
    1 + m / 3 as clock,
    case m %% 2 when 0 then 'yes' else 'no' end as side,
    (1 + m %% 99) / 100.0 as price,
    (m %% 500 - 250)::numeric as size_delta,
    n - m as occurrence
from (
    select n, n - (n > 1 and n %% 50 = 1)::integer as m from generate_series(%(first)s::bigint, %(until)s::bigint) as n
) as numbered
"""
# A gatherer misses one change in a hundred, a different one than the others, and numbers equal changes as it received
# them. About 3 %% of its changes, again different ones, come more than a transaction too late.
FILL = f"""
insert into capture.orderbook_deltas (
    received_at, exchange_ts, connection_id, sid, seq, market_ticker, clock, side, price, size_delta, occurrence,
    time_digits
)
select
    now(), case when p.is_coarse then date_trunc('milliseconds', t.exchange_ts) else t.exchange_ts end, 1, 1, t.n,
    t.market_ticker, case when %(has_clock)s then t.clock else 0 end, t.side, t.price, t.size_delta,
    case when (t.n - 1) %% 100 = %(missing)s then 0 else t.occurrence end,
    case when p.is_coarse then 3 else 6 end
from ({PUBLISHED}) as t
cross join lateral (
    select abs(hashint8((t.n - t.occurrence) * 5 + %(missing)s)) %% 100 < %(coarse_percent)s as is_coarse
) as p
where
    t.n %% 100 <> %(missing)s
    and (t.n > %(last)s - {TRANSACTION_ROWS}) <> (abs(hashint8(t.n * 3 + %(missing)s)) %% 100 < 3)
order by t.n
"""
COUNT_ERRORS = f"""
with
published as (select {", ".join(KEY)} from ({PUBLISHED}) as t),
held as (select {", ".join(KEY)} from market_data.orderbook_deltas),
missed as (select * from published except all select * from held),
duplicated as (select * from held except all select * from published),
wrong as (
    select market_ticker
    from (
        select market_ticker, side, price, size_delta from published
        union all
        select market_ticker, side, price, -size_delta from held
    ) as both_sides
    group by market_ticker, side, price
    having sum(size_delta) <> 0
)
select
    (select count(*) from missed), (select count(*) from duplicated), (select count(distinct market_ticker) from wrong)
"""


class Labels(NamedTuple):
    """Which fields the changes have that a gatherer receives."""

    has_clock: bool = True
    # Share of the changes without microseconds.
    coarse_percent: int = 0


ALL_LABELS = Labels()


def fill(gatherer: Database, rows: int, missing: int, labels: Labels = ALL_LABELS) -> None:
    """Insert the part of `rows` changes that a gatherer received, in transactions of a gatherer's size."""
    with gatherer.connect("gatherer") as connection:
        connection.execute(query("capture/record/ensure_partitions"), {"moment": "now"})
        # Late rows belong to the transaction before the last one, so one more transaction follows with the rest.
        for last in range(TRANSACTION_ROWS, rows + 2 * TRANSACTION_ROWS, TRANSACTION_ROWS):
            first = max(1, last - 2 * TRANSACTION_ROWS + 1)
            connection.execute(
                FILL.encode(), span(first, min(last, rows), last) | {"missing": missing, **labels._asdict()}
            )
        connection.execute("analyze capture.orderbook_deltas")


def span(first: int, until: int, last: int) -> dict[str, object]:
    return {"began": BEGAN, "first": first, "last": last, "until": until}


def count_errors(production: Connection, rows: int) -> tuple[int, int, int]:
    """Return the number of missed changes, of duplicated changes, and of wrong books."""
    row = production.execute(COUNT_ERRORS.encode(), span(1, rows, rows)).fetchone()
    return (int(row[0]), int(row[1]), int(row[2])) if row else (rows, 0, 0)
