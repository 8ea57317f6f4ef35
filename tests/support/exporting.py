"""Production with rows of a few past hours, and an exporter that writes them to a folder, for tests of the archive."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet
from psycopg.types.json import Jsonb

from kalshi_data.archive.exporter import Exporter
from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.archive_commands import make_exporter
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from tests.support.engines import Database

# Its functions are described to type checkers only in part.
parquet: Any = pyarrow.parquet
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Midnight of a day that is over and that no retention has dropped yet.
THEN = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY
# Streams whose rows are merged, by the hour or whole.
HOURLY = [stream for stream in ARCHIVED if stream.time_column is not None and not stream.is_derived]
TRADES = [stream for stream in ARCHIVED if stream.name == "trades"]
DAILY = [stream for stream in ARCHIVED if stream.time_column is None]

TRADE = """
insert into market_data.hot_trades values (%s, %s, %s, 0.43, 0.57, %s, 'yes', false, %s, %s)
"""
DELTA = """
insert into market_data.hot_orderbook_deltas values (%s, %s, %s, 'yes', 0.43, %s, 0, %s, %s, 6)
"""
SNAPSHOT = """
insert into market_data.hot_orderbook_snapshots
values (%s, 'KXA-1', 'id', 7, sha256('1'), 0, '{0.1,0.25}', '{5,0.5}', '{}', '{}', 1)
"""
TICKER = """
insert into market_data.hot_tickers (
    exchange_ts, market_ticker, values_sha256, volume, dollar_volume, received_at, gatherer_id
)
values (%s, 'KXA-1', sha256('2'), 12.5, 12, %s, 2)
"""
LIFECYCLE = """
insert into market_data.lifecycle_events (
    seen_at, subject_ticker, kind, payload_sha256, occurrence, payload, received_at, gatherer_id
) values (%s, 'KXA-1', 'activated', sha256('3'), 0, '{"a": 1}', %s, 1)
"""
MARKET = """
insert into market_data.markets (ticker, fetched_at, body_sha256, title, body)
values (%s, now(), sha256('4'), 'Sample?', '{"ticker": "KXA-1"}') on conflict do nothing
"""
LISTED = """
insert into market_data.{} (ticker, fetched_at, body_sha256, title, body)
values ('KXA', now(), sha256('5'), 'Sample', '{{"ticker": "KXA"}}') on conflict do nothing
"""
MARK = """
insert into ops.archive_partitions (stream, hour, touched_at) values (%s, %s, '2000-01-01')
on conflict (stream, hour) do update set state = 'pending', touched_at = excluded.touched_at
"""
CONNECTION = """
insert into ops.connections (gatherer_id, epoch, connection_id, name, url, use_yes_price, opened_at)
values (1, gen_random_uuid(), 1, 'trades', '', false, %s)
"""
LAG = """
insert into ops.lags (gatherer_id, stream, shard, measured_at, rows_waiting, lag_seconds, error)
values (%s, %s, '1/1', %s, 0, 0, null)
on conflict (gatherer_id, stream, shard) do update set measured_at = excluded.measured_at
"""
HEARTBEAT = """
insert into ops.heartbeats (gatherer_id, epoch, beat_at, read_at, status)
values (1, gen_random_uuid(), now(), now(), jsonb_build_object('listed_at', %s::jsonb))
on conflict (gatherer_id) do update set status = excluded.status
"""


def settings(production: Database, folder: Path, **archive: Any) -> DeduplicatorSettings:
    """Return settings with an archive in a folder and two gatherers that do not exist."""
    conninfo = {"conninfo": production.conninfo("deduplicator")}
    nowhere = {"kalshi_ts": {"conninfo": "dbname=nowhere"}, "kalshi_meta": {"conninfo": "dbname=nowhere"}}
    section = {
        "target": f"file://{folder / 'bucket'}",
        "workspace_folder": str(folder / "workspace"),
        "check_seconds": 0.05,
    }
    return msgspec.convert(
        {
            "production": {"runtime": conninfo, "owner": conninfo},
            "gatherers": [{"id": 1, **nowhere}, {"id": 2, **nowhere}],
            "health": {"port": 0},
            "archive": {**section, "settle_seconds": 0, "deadline_seconds": 0, **archive},
        },
        DeduplicatorSettings,
        dec_hook=lambda kind, value: kind(value),
    )


def fill(production: Connection, began_at: datetime = THEN) -> None:
    """Insert rows of the first two hours of a day for each stream, merged from two gatherers."""
    for stream in HOURLY:
        for moment in (began_at, began_at + HOUR):
            production.execute("select timeseries.ensure_partition(%s, %s)", (stream.table, moment))
    for number in range(10):
        at = began_at + number * timedelta(minutes=11)
        trade(production, at, f"trade {number}", gatherer_id=1 + number % 2)
        production.execute(DELTA, (at, "KXA-1", number, f"{number}.25", at, 1 + number % 2))
    at = began_at + timedelta(minutes=30)
    production.execute(SNAPSHOT, (at,))
    production.execute(TICKER, (at, at))
    production.execute(LIFECYCLE, (at, at))
    production.execute(MARKET, ("KXA-1",))
    for name in ("series", "events"):
        production.execute(LISTED.format(name).encode())
    mark(production, began_at, began_at + HOUR)


def list_whole(production: Connection, listed_at: datetime, *streams: str) -> None:
    """Let a gatherer have stored whole lists of the exchange at a time, all merged now."""
    names = streams or [stream.name for stream in DAILY]
    production.execute(HEARTBEAT, (Jsonb({name: listed_at.isoformat() for name in names}),))
    for name in names:
        production.execute(LAG, (1, name, datetime.now(UTC)))


def trade(production: Connection, at: datetime, trade_id: str, market: str = "KXA-1", gatherer_id: int = 1) -> None:
    production.execute("select timeseries.ensure_partition('market_data.hot_trades', %s)", (at,))
    production.execute(TRADE, (at, trade_id, market, "3.5", at, gatherer_id))


def mark(production: Connection, *hours: datetime, streams: Sequence[str] = ()) -> None:
    """Record that hours changed long enough ago to be due."""
    for hour in hours:
        for name in streams or [stream.name for stream in HOURLY]:
            production.execute(MARK, (name, hour))


def exporter(chosen: DeduplicatorSettings, stop: threading.Event | None = None, **selected: Any) -> Exporter:
    """Return an exporter for the trades of the first hours of THEN, unless other hours are selected."""
    few: dict[str, Any] = {"streams": TRADES, "from_at": THEN, "until_at": THEN + 3 * HOUR}
    return make_exporter(chosen, stop or threading.Event(), selection=HourSelection(**{**few, **selected}))


def export(chosen: DeduplicatorSettings, **selected: Any) -> Exporter:
    """Export once what is due, with a new exporter."""
    exporting = exporter(chosen, **selected)
    exporting.export(once=True)
    return exporting


def states(production: Connection, stream: str = "trades") -> dict[datetime, str]:
    found = production.execute(
        "select hour, state from ops.archive_partitions where stream = %s order by 1", (stream,)
    ).fetchall()
    return dict(found)


def row_of(production: Connection, stream: str = "trades", hour: datetime = THEN) -> dict[str, Any]:
    row = production.execute(
        "select to_jsonb(p) from ops.archive_partitions as p where stream = %s and hour = %s", (stream, hour)
    ).fetchone()
    assert row is not None
    return row[0]


def part(folder: Path, stream: str = "trades", hour: datetime = THEN) -> Path:
    """Return the path of an hour's object."""
    return folder / f"bucket/parquet/{stream}/date={hour:%Y-%m-%d}/hour={hour:%H}/part-0.parquet"


def manifest_of(folder: Path, stream: str = "trades", hour: datetime = THEN) -> Path:
    return folder / f"bucket/parquet/_manifests/{stream}/date={hour:%Y-%m-%d}/hour={hour:%H}.json"


def toml(production: Database, folder: Path, **archive: Any) -> Path:
    """Write a configuration file for the deduplicator."""
    chosen = {"settle_seconds": 0, "deadline_seconds": 0, **archive}
    path = folder / "deduplicator.toml"
    path.write_text(
        f"""
[production]
runtime.conninfo = "{production.conninfo("deduplicator")}"
owner.conninfo = "{production.conninfo("kalshi_owner")}"
exporter.conninfo = "{production.conninfo("exporter")}"

[[gatherers]]
id = 1
kalshi_ts.conninfo = "dbname=nowhere"
kalshi_meta.conninfo = "dbname=nowhere"

[archive]
target = "file://{folder}/bucket"
workspace_folder = "{folder}/workspace"
"""
        + "".join(f"{name} = {value!r}\n" for name, value in chosen.items())
    )
    return path
