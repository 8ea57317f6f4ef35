"""A small archive of one hour, made by hand: the examples of the library's docstrings and page read it."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kalshi_data.archive.parquet_writer import described_schema, options
from kalshi_data.archive.schemas import ARCHIVED, LEVELS, TIME, ArchiveStream

STREAMS = {stream.name: stream for stream in ARCHIVED}
HOUR = datetime(2026, 11, 2, 15, tzinfo=UTC)
HEAT, FED = "KXHIGHNY-26NOV02-T56", "KXFED-26DEC-T4"
Row = dict[str, Any]
Levels = Mapping[str, str]
DEFAULTS: dict[Any, Any] = {pa.bool_(): False, pa.int16(): 1, pa.int32(): 0, pa.binary(32): bytes(32)}


def after(seconds: float) -> datetime:
    return HOUR + timedelta(seconds=seconds)


def trade(seconds: float, price: str, size: str, side: str, market: str = HEAT) -> Row:
    amounts = {"yes_price": Decimal(price), "no_price": 1 - Decimal(price), "size": Decimal(size)}
    named = {"market_ticker": market, "taker_side": side, "trade_id": f"{market} {seconds}"}
    return {**named, **amounts, "exchange_ts": after(seconds), "received_at": after(seconds + 0.02), "time_digits": 3}


def delta(seconds: float, clock: int, side: str, price: str, change: str, market: str = HEAT, **given: Any) -> Row:
    amounts = {"price": Decimal(price), "size_delta": Decimal(change)}
    times = {"exchange_ts": after(seconds), "received_at": after(seconds + 0.02), "time_digits": 6}
    return {"market_ticker": market, "clock": clock, "side": side, **amounts, **times, **given}


def snapshot(seconds: float, clock: int, yes: Levels, no: Levels, market: str = HEAT, **given: Any) -> Row:
    sides = {"yes_levels": made_levels(yes), "no_levels": made_levels(no)}
    return {"market_ticker": market, "received_at": after(seconds), "market_id": "", "clock": clock, **sides, **given}


def made_levels(levels: Levels) -> list[Row]:
    return [{"price": Decimal(price), "size": Decimal(size)} for price, size in levels.items()]


OUTCOME = {"result": "yes", "settlement_value": "1.0000", "determination_ts": int(after(3000).timestamp())}
ROWS: dict[str, list[Row]] = {
    "trades": [
        trade(30, "0.70", "4", "no", FED),
        trade(90, "0.45", "5", "yes"),
        trade(150, "0.43", "2", "no"),
        trade(1260, "0.44", "1", "yes"),
    ],
    "orderbook_deltas": [
        delta(60, 11, "yes", "0.43", "20"),
        delta(120, 12, "no", "0.55", "-30"),
        delta(180, 13, "yes", "0.43", "-20"),
        delta(1200, 14, "no", "0.56", "10"),
    ],
    "orderbook_snapshots": [
        snapshot(20, 3, {}, {"0.30": "5"}, FED),
        snapshot(10, 10, {"0.42": "100", "0.41": "50"}, {"0.55": "80"}),
        snapshot(1800, 14, {"0.42": "100", "0.41": "50"}, {"0.55": "50", "0.56": "10"}),
    ],
    "tickers": [
        {
            "market_ticker": HEAT,
            "exchange_ts": after(15),
            "received_at": after(15.02),
            "yes_bid": Decimal("0.42"),
            "yes_ask": Decimal("0.45"),
            "volume": Decimal(0),
        }
    ],
    "lifecycle_events": [
        {
            "subject_ticker": HEAT,
            "seen_at": after(3001),
            "received_at": after(3001),
            "kind": "determined",
            "payload": json.dumps(OUTCOME),
        }
    ],
    "index_values": [],
    "exchange_status": [
        {
            "kind": "shard",
            "exchange_index": 0,
            "exchange_active": True,
            "trading_active": trading,
            "body": "{}",
            "first_seen_at": after(seen),
            "confirmed_at": after(confirmed),
        }
        for trading, seen, confirmed in ((True, 0, 900), (False, 915, 960), (True, 975, 3599))
    ],
    "series": [
        {"ticker": "KXFED", "category": "Economics", "fetched_at": after(-50_000), "body": "{}"},
        {"ticker": "KXHIGHNY", "category": "Climate and Weather", "fetched_at": after(-50_000), "body": "{}"},
    ],
    "events": [{"ticker": "KXFED-26DEC", "title": "Rate in December?", "fetched_at": after(-50_000), "body": "{}"}],
    "markets": [
        {"ticker": each, "title": title, "status": "active", "fetched_at": after(-50_000), "body": "{}"}
        for each, title in ((FED, "Rate above 4 %?"), (HEAT, "High above 56 °F?"))
    ],
    "markets_history": [
        {"ticker": FED, "title": "Rate above 4.00 %?", "status": "active", "fetched_at": after(3100), "body": "{}"}
    ],
    "settlements": [
        {
            "market_ticker": HEAT,
            "seen_at": after(3001),
            "result": "yes",
            "yes_value": Decimal(1),
            "determined_at": after(3000),
            "source": "lifecycle_events",
        }
    ],
}


def write_sample(folder: Path) -> Path:
    """Write the archive into a folder and return the folder of its streams."""
    for name, rows in ROWS.items():
        write_rows(folder / "parquet", name, rows)
    return folder / "parquet"


def write_rows(root: Path, name: str, rows: Iterable[Row], hour: datetime = HOUR) -> Path:
    """Write an hour's rows of a stream as the exporter does, and a manifest with their number; return the file.

    An hour with changes of books has a file of coverage, too, which has no rows until they are written.
    """
    stream = STREAMS[name]
    if name == "orderbook_deltas" and not _path(root, "coverage", hour).exists():
        write_rows(root, "coverage", [], hour)
    ordered = sorted((complete(stream, row) for row in rows), key=lambda row: [row[each] for each in stream.order])
    table = pa.Table.from_pylist(ordered, schema=described_schema(stream, hour))
    path = _path(root, name, hour)
    manifest = root / "_manifests" / f"{path.parent.relative_to(root)}.json"
    for each in (path, manifest):
        each.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **options(stream))
    begin = hour if stream.hours == 1 else hour.replace(hour=0)
    held = {"begins_at": begin.isoformat(), "rows": table.num_rows, "bytes": path.stat().st_size}
    manifest.write_text(json.dumps(held))
    return path


def _path(root: Path, name: str, hour: datetime) -> Path:
    folder = root / name / f"date={hour:%Y-%m-%d}"
    return (folder / f"hour={hour:%H}" if STREAMS[name].hours == 1 else folder) / "part-0.parquet"


def complete(stream: ArchiveStream, row: Row) -> Row:
    """Return a row with a value for each column that may not be null."""
    return {
        each.name: row[each.name] if each.name in row or each.nullable else default(each.type)
        for each in stream.columns
        if each.name in row or not each.nullable
    }


def default(kind: Any) -> Any:
    if kind == TIME:
        return HOUR
    return [] if kind == LEVELS else DEFAULTS.get(kind, "" if "string" in str(kind) else 0)


def drop_row(path: Path, number: int) -> None:
    """Write a file again without one of its rows."""
    table = pq.ParquetFile(path).read()
    keep: Sequence[int] = [each for each in range(table.num_rows) if each != number]
    pq.write_table(table.take(keep), path, compression="zstd")
