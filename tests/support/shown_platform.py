"""A production of a day with everything that the status page shows: gaps, repairs, books, trades, an archive."""

import json
from datetime import timedelta
from decimal import Decimal

from kalshi_data.database.connection import Connection
from tests.support.books import ensure_partitions, snapshot
from tests.support.coverage import T0, at, beat, cover, miss
from tests.support.engines import Database

# What a bad exchange, or a joker, could name a market, and what an error could say.
SCRIPT = "<script>alert(1)</script>"
MARKETS = ("KXA-1", "KXA-2", "KXB-1", SCRIPT)
DAY = T0.date()
STATUS = {
    "state": "running",
    "version": "0.1.0",
    "health": {"status": "degraded", "reasons": [{"check": "feed", "text": f"5 s {SCRIPT}", "severity": "degraded"}]},
    "per_second": {"frames": 1234.0, "received_bytes": 5.0, "committed_rows": 987.0, "commits": 3.0},
    "connections_up": 7,
    "connections_wanted": 8,
    "markets_subscribed": 4,
    "markets_wanted": 5,
    "log_bytes": 3_000_000_000,
    "log_free_bytes": 9_000_000_000,
    "database_bytes": 2_500_000_000,
}
HEARTBEAT = "update ops.heartbeats set status = %s"
MARKET = """
insert into market_data.markets (ticker, fetched_at, body_sha256, title, status, body)
values (%s, now(), '\\x00', %s, 'active', '{}')
"""
CURSOR = """
insert into ops.cursors (
    gatherer_id, epoch, stream, shard, ingest_xid, rows_polled, rows_new, rows_duplicate, rows_rejected
) values (%s, gen_random_uuid(), 'trades', '1/1', '5', 1500, %s, 500, 0)
"""
LAG = """
insert into ops.lags (gatherer_id, stream, shard, measured_at, rows_waiting, lag_seconds, rows_per_second, error)
values (%s, 'trades', '1/1', now(), 12, 0.5, 40, %s)
"""
SHARE = """
insert into ops.arbitration (
    stream, hour, gatherer_id, sampled_one_in, rows_sampled, rows_seen, rows_unique, rows_first, rows_missed
) values ('trades', date_trunc('hour', now()), %s, 1, 400, 390, %s, %s, 10)
"""
HOUR = """
insert into ops.archive_partitions (stream, hour, state, row_count, byte_count, error)
values ('trades', %s, %s, 111, 2000, %s)
"""
TRADE = """
insert into market_data.hot_trades (
    exchange_ts, trade_id, market_ticker, yes_price, no_price, size, taker_side, is_block_trade, received_at,
    gatherer_id, time_digits
) values (%s, %s, %s, %s, 1 - %s, %s, 'yes', false, %s, 1, 6)
"""
TICKER = """
insert into market_data.hot_tickers (
    exchange_ts, market_ticker, values_sha256, yes_bid, yes_ask, yes_bid_size, yes_ask_size, received_at, gatherer_id,
    time_digits
) values (%s, %s, %s, %s, %s, 10, 20.5, %s, 1, 6)
"""


HALTED = """
insert into market_data.exchange_status (
    gatherer_id, kind, exchange_index, exchange_active, trading_active, body, body_sha256, first_seen_at, confirmed_at
) values (1, 'shard', 0, true, false, '{}', '\\x00', %s, %s)
"""


def fill_production(production: Database) -> None:
    """Fill a day; its hour from noon on has a gap of five minutes in three markets, and a repair of single lines.

    In the hour after it, trading is not active for a quarter of an hour.
    """
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, *(at(60 * hour) for hour in (-24, 0, 1, 2, 5)))
        cover_markets(connection)
        for name in MARKETS:
            snapshot(
                connection,
                1,
                100,
                {("yes", Decimal("0.42")): Decimal(15), ("no", Decimal("0.55")): Decimal("7.5")},
                ticker=name,
            )
            connection.execute(MARKET, (name, f"Will {name} happen?"))
            for minute in range(0, 120, 7):
                connection.execute(TICKER, (at(minute), name, bytes([minute]), "0.42", "0.45", at(minute)))
                price = Decimal("0.43") + Decimal(minute % 3) / 100
                values = (at(minute), f"{name} {minute}", name, price, price, "2.5", at(minute))
                connection.execute(TRADE, values)
        for gatherer, new in ((1, 1000), (2, 0)):
            connection.execute(CURSOR, (gatherer, new))
            connection.execute(LAG, (gatherer, f"cannot be read: {SCRIPT}" if gatherer == 2 else None))
            connection.execute(SHARE, (gatherer, 40 - 20 * gatherer, 100 * gatherer))
        for hour, (state, error) in enumerate(
            (("verified", None), ("verified", None), ("pending", f"no space {SCRIPT}"))
        ):
            connection.execute(HOUR, (T0 + timedelta(hours=hour), state, error))
        connection.execute("select timeseries.ensure_partition('market_data.exchange_status', %s)", (at(80),))
        connection.execute(HALTED, (at(80), at(95)))
        connection.execute("select ops.schedule_rechecks()")
        connection.execute("select ops.check_books()")
        connection.execute("select ops.advance_minutes(1440)")
        connection.execute("select ops.sum_up_minutes(%s, 96)", (DAY,))


def cover_markets(connection: Connection) -> None:
    """Let two gatherers cover all markets for two hours, with five minutes that neither has, and ten that one lacks."""
    for gatherer in (1, 2):
        for name in MARKETS:
            cover(connection, gatherer, 0, 30, ticker=name, reason="gap")
            cover(connection, gatherer, 35 if name != "KXB-1" or gatherer == 2 else 75, 120, ticker=name)
        cover(connection, gatherer, 0, 120, ticker="", channel="trade")
        beat(connection, gatherer, 130)
    miss(connection, 1, 29, 31, "snapshot", "orderbook_delta")
    connection.execute(HEARTBEAT, (json.dumps(STATUS),))
