"""Compares an archive with the exchange's journal, using only DuckDB."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

# A trade or a ticker is published once, however many connections receive it. Equal deltas are published as often as
# they happened. A book is archived once per clock.
STREAMS = {
    "trades": (
        """
        select distinct
            m ->> 'trade_id', m ->> 'market_ticker', (m ->> 'yes_price_dollars')::decimal(18, 6),
            (m ->> 'no_price_dollars')::decimal(18, 6), (m ->> 'count_fp')::decimal(18, 6),
            coalesce(m ->> 'taker_outcome_side', case m ->> 'taker_book_side' when 'bid' then 'yes' else 'no' end),
            (m ->> 'is_block_trade')::boolean, make_timestamptz((m ->> 'ts_ms')::bigint * 1000)
        from published where kind = 'trade'
        """,
        "trade_id, market_ticker, yes_price, no_price, size, taker_side, is_block_trade, exchange_ts",
    ),
    "orderbook_deltas": (
        """
        select
            m ->> 'market_ticker', (m ->> 'ts')::timestamptz, (m ->> 'clock')::bigint, m ->> 'side',
            (m ->> 'price_dollars')::decimal(18, 6), (m ->> 'delta_fp')::decimal(18, 6)
        from published where kind = 'orderbook_delta'
        """,
        "market_ticker, exchange_ts, clock, side, price, size_delta",
    ),
    "orderbook_snapshots": (
        """
        select distinct
            m ->> 'market_ticker', (m ->> 'clock')::bigint, levels(m -> 'yes_dollars_fp'), levels(m -> 'no_dollars_fp')
        from published where kind = 'orderbook_snapshot'
        """,
        """
        market_ticker, clock, list_sort([[l.price, l.size] for l in yes_levels]),
        list_sort([[l.price, l.size] for l in no_levels])
        """,
    ),
    "tickers": (
        """
        select distinct
            m ->> 'market_ticker', make_timestamptz((m ->> 'ts_ms')::bigint * 1000),
            (m ->> 'price_dollars')::decimal(18, 6), (m ->> 'yes_bid_dollars')::decimal(18, 6),
            (m ->> 'yes_ask_dollars')::decimal(18, 6), (m ->> 'yes_bid_size_fp')::decimal(18, 6),
            (m ->> 'yes_ask_size_fp')::decimal(18, 6), (m ->> 'last_trade_size_fp')::decimal(18, 6),
            (m ->> 'volume_fp')::decimal(18, 6), (m ->> 'open_interest_fp')::decimal(18, 6),
            (m ->> 'dollar_volume')::bigint, (m ->> 'dollar_open_interest')::bigint
        from published where kind = 'ticker'
        """,
        """
        market_ticker, exchange_ts, last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, last_trade_size, volume,
        open_interest, dollar_volume, dollar_open_interest
        """,
    ),
    "lifecycle_events": (
        """
        select
            coalesce(m ->> 'market_ticker', m ->> 'event_ticker'), coalesce(m ->> 'event_type', kind), parts(m)
        from published
        where kind in (
            'market_lifecycle_v2', 'multivariate_market_lifecycle', 'event_lifecycle', 'event_fee_update'
        )
        """,
        "subject_ticker, kind, parts(payload::json)",
    ),
}
# Without clock and `ts`, a change's time is known to the millisecond, and a book may be archived more than once.
WITHOUT_CLOCK = {
    "orderbook_deltas": (
        """
        select
            m ->> 'market_ticker', date_trunc('millisecond', (m ->> 'ts')::timestamptz), 0, m ->> 'side',
            (m ->> 'price_dollars')::decimal(18, 6), (m ->> 'delta_fp')::decimal(18, 6)
        from published where kind = 'orderbook_delta'
        """,
        STREAMS["orderbook_deltas"][1],
    ),
    "orderbook_snapshots": (
        """
        select distinct m ->> 'market_ticker', 0, levels(m -> 'yes_dollars_fp'), levels(m -> 'no_dollars_fp')
        from published where kind = 'orderbook_snapshot'
        """,
        f"distinct {STREAMS['orderbook_snapshots'][1]}",
    ),
}
PREPARE = """
set timezone = 'UTC';
create macro levels(l) as list_sort([
    [(each ->> 0)::decimal(18, 6), (each ->> 1)::decimal(18, 6)] for each in coalesce(l::json[], [])
]);
-- The order of an object's keys does not matter.
create macro parts(j) as (select list_sort(list(t.fullkey || '=' || t.atom)) from json_tree(j) as t);
"""
JOURNAL = """
create table published as
select (json -> '$.frame.msg') as m, (json ->> '$.frame.type') as kind
from read_ndjson_objects('{journal}') where (json -> '$.frame') is not null;
"""
COUNT = """
with
published as ({published}),
held as (select {columns} from read_parquet('{archive}/parquet/{stream}/**/*.parquet', hive_partitioning = true))
select
    (select count(*) from published) as published,
    (select count(*) from held) as held,
    (select count(*) from (from published except all from held)) as lost,
    (select count(*) from (from held except all from published)) as invented;
"""


class Counts(NamedTuple):
    """Messages published, rows in the archive, and how many are on one side only."""

    published: int
    held: int
    lost: int
    invented: int


def compare(archive: Path, journal: Path, *, has_clock: bool) -> dict[str, Counts]:
    """Return the counts of each stream."""
    streams = STREAMS if has_clock else {**STREAMS, **WITHOUT_CLOCK}
    prepared = PREPARE + JOURNAL.format(journal=journal)
    return {
        stream: Counts(
            **duckdb(prepared + COUNT.format(published=published, columns=columns, archive=archive, stream=stream))[0]
        )
        for stream, (published, columns) in streams.items()
    }


def duckdb(text: str) -> list[dict[str, int]]:
    """Return the rows of the last statement."""
    program = Path(sys.executable).parent / "duckdb"
    done = subprocess.run([program, "-json", "-c", text], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
