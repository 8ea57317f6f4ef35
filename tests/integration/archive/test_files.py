"""The archive's files hold exactly production's rows, in order."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.archive import external_sort, parquet_writer
from kalshi_data.archive.parquet_writer import write_partition
from kalshi_data.archive.schemas import file_schema
from kalshi_data.archive.streams.columns import DIGEST, LEVELS, NAME, TIME, ArchiveStream, Column
from kalshi_data.errors import ArchiveError
from tests.support.archived_rows import HOUR, STREAMS, Row, after, contents, insert, write
from tests.support.engines import Database

DELTAS = STREAMS["orderbook_deltas"]
SNAPSHOTS = STREAMS["orderbook_snapshots"]


def delta(seconds: float, ticker: str = "KXA-1", price: str = "0.43", size: str = "5", occurrence: int = 0) -> Row:
    return {
        "market_ticker": ticker,
        "exchange_ts": after(seconds),
        "clock": 7,
        "side": "yes",
        "price": Decimal(price),
        "size_delta": Decimal(size),
        "occurrence": occurrence,
        "received_at": after(seconds + 1),
        "gatherer_id": 1,
        "time_digits": 6,
    }


# Texts that a database and a columnar file may treat differently: empty, or beyond ASCII.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
AMOUNTS = st.decimals(-(10**11), 10**11, places=6, allow_nan=False, allow_infinity=False)
TIMES = st.integers(0, 3_600_000_000 - 1).map(lambda micros: HOUR + timedelta(microseconds=micros))
LADDERS = st.lists(st.fixed_dictionaries({"price": AMOUNTS, "size": AMOUNTS}), max_size=4)
KINDS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    TIME: TIMES,
    NAME: TEXTS,
    DIGEST: st.binary(min_size=32, max_size=32),
    LEVELS: LADDERS,
    pa.string(): TEXTS,
    pa.bool_(): st.booleans(),
    pa.int16(): st.integers(1, 3),
    pa.int32(): st.integers(0, 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
}
CONSTRAINED = {"side": ("yes", "no"), "taker_side": ("yes", "no"), "time_digits": (6, 3, 0, None)}


def values(column: Column) -> st.SearchStrategy[Any]:
    if column.name in CONSTRAINED:
        return st.sampled_from(CONSTRAINED[column.name])
    if column.unit == "JSON":
        return st.dictionaries(TEXTS, st.integers(), max_size=2).map(lambda body: json.dumps(body, sort_keys=True))
    kind = KINDS.get(column.type, AMOUNTS)
    return st.none() | kind if column.nullable else kind


def rows_of(stream: ArchiveStream) -> st.SearchStrategy[list[Row]]:
    row = st.fixed_dictionaries({column.name: values(column) for column in stream.columns})
    identity = [name for name in stream.order if name != "received_at" or name == stream.time_column]
    return st.lists(row, max_size=12, unique_by=lambda row: tuple(str(row[name]) for name in identity))


def comparable(stream: ArchiveStream, row: Row) -> Row:
    """Return a row whose JSON is parsed, since PostgreSQL formats JSON differently."""
    return {name: json.loads(row[name]) if name in ("payload", "body") else row[name] for name in row}


def in_order(stream: ArchiveStream, rows: Sequence[Row]) -> list[Row]:
    def key(row: Row) -> list[Any]:
        return [row[name].encode() if isinstance(row[name], str) else row[name] for name in stream.order]

    return sorted(rows, key=key)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_rows_of_every_stream_come_back_unchanged(production: Database, stream: ArchiveStream, tmp_path: Path) -> None:
    @hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rows_of(stream))
    def come_back(rows: list[Row]) -> None:
        with production.connect() as connection:
            connection.execute(f"truncate {stream.table}".encode())
            insert(connection, stream, rows)
        path = tmp_path / "part-0.parquet"
        written = write(production, stream, path)
        found = contents(path)
        assert [comparable(stream, row) for row in found] == [comparable(stream, row) for row in in_order(stream, rows)]
        assert (written.totals.rows, written.byte_count) == (len(rows), path.stat().st_size)
        assert written.sha256 == hashlib.sha256(path.read_bytes()).digest()
        for name, total in written.totals.sums.items():
            assert total == sum(row[name] for row in rows if row[name] is not None)
        if stream.time_column:
            times = [row[stream.time_column] for row in rows]
            assert (written.totals.first_at, written.totals.last_at) == (
                min(times, default=None),
                max(times, default=None),
            )
            gatherers = [row["gatherer_id"] for row in rows]
            assert written.totals.gatherer_rows == {each: gatherers.count(each) for each in sorted(set(gatherers))}

    come_back()


@pytest.mark.parametrize("name", ["trades", "tickers", "lifecycle_events"])
def test_rows_of_one_moment_come_in_the_order_in_which_they_were_received(
    production: Database, name: str, tmp_path: Path
) -> None:
    """Sorted by market and time alone, as anyone sorts them, they are in the exchange's order."""
    stream = STREAMS[name]
    received = [after(seconds) for seconds in (3, 1, 2, 0.5)]
    # Whatever else identifies a row decides nothing.
    identities: dict[pa.DataType, Any] = {
        pa.string(): "abcd",
        NAME: "abcd",
        DIGEST: [bytes([each]) * 32 for each in range(4)],
    }
    key = stream.order[-2] if name == "lifecycle_events" else stream.order[-1]
    kind = next(column.type for column in stream.columns if column.name == key)
    same = {"market_ticker": "KXA-1", "taker_side": "yes", "gatherer_id": 1, stream.order[1]: HOUR}
    rows = [
        {
            **one_row(stream),
            **{name: value for name, value in same.items() if name in one_row(stream)},
            key: identities[kind][number],
            "received_at": at,
        }
        for number, at in enumerate(received)
    ]
    with production.connect() as connection:
        insert(connection, stream, rows)
    path = tmp_path / "part-0.parquet"
    write(production, stream, path)
    assert [row["received_at"] for row in contents(path)] == sorted(received)


@pytest.mark.parametrize("price", ["0.1234567", "123456789012345", "NaN", "Infinity"])
def test_an_amount_that_does_not_fit_is_refused_by_name(production: Database, tmp_path: Path, price: str) -> None:
    with production.connect() as connection:
        insert(connection, DELTAS, [delta(1), delta(2, price=price)])
    with pytest.raises(ArchiveError, match=r"market_data\.hot_orderbook_deltas, column price holds '.*', which is not"):
        write(production, DELTAS, tmp_path / "part-0.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_level_that_does_not_fit_is_refused_by_name(production: Database, tmp_path: Path) -> None:
    book = snapshot(yes=[("0.4", "5"), ("0.5", "0.0000001")])
    with production.connect() as connection:
        insert(connection, SNAPSHOTS, [book])
    with pytest.raises(ArchiveError, match=r"orderbook_snapshots, column yes_levels holds '0\.0000001', which is not"):
        write(production, SNAPSHOTS, tmp_path / "part-0.parquet")


def test_a_price_without_a_size_is_refused(production: Database, tmp_path: Path) -> None:
    with production.connect() as connection:
        insert(connection, SNAPSHOTS, [snapshot(yes=[("0.4", "5")])])
        connection.execute("update market_data.hot_orderbook_snapshots set yes_prices = '{0.4,0.5}'")
    with pytest.raises(ArchiveError, match="column yes_levels holds prices without sizes"):
        write(production, SNAPSHOTS, tmp_path / "part-0.parquet")


def snapshot(yes: Sequence[tuple[str, str]]) -> Row:
    return {
        "market_ticker": "KXA-1",
        "received_at": HOUR,
        "market_id": "",
        "clock": 1,
        "levels_sha256": bytes(32),
        "occurrence": 0,
        "yes_levels": [{"price": Decimal(price), "size": Decimal(size)} for price, size in yes],
        "no_levels": [],
        "last_change_at": after(0.5),
        "gatherer_id": 1,
    }


def test_trailing_zeros_are_not_refused(production: Database, tmp_path: Path) -> None:
    with production.connect() as connection:
        insert(connection, DELTAS, [delta(1, price="0.430000000000")])
    write(production, DELTAS, tmp_path / "part-0.parquet")
    assert [row["price"] for row in contents(tmp_path / "part-0.parquet")] == [Decimal("0.430000")]


def test_an_hour_ends_when_the_next_starts(production: Database, tmp_path: Path) -> None:
    with production.connect() as connection:
        insert(connection, DELTAS, [delta(seconds) for seconds in (-0.000001, 0, 3599.999999, 3600)])
    written = write(production, DELTAS, tmp_path / "part-0.parquet")
    assert (written.totals.rows, written.totals.first_at, written.totals.last_at) == (2, HOUR, after(3599.999999))


def test_an_hour_without_rows_is_a_file_with_a_schema(production: Database, tmp_path: Path) -> None:
    path = tmp_path / "part-0.parquet"
    written = write(production, DELTAS, path)
    assert (written.totals.rows, written.totals.first_at, written.totals.last_at) == (0, None, None)
    assert (written.totals.gatherer_rows, written.totals.sums) == (
        {},
        {"clock": 0, "price": Decimal(0), "size_delta": Decimal(0)},
    )
    assert pq.read_table(path).num_rows == 0
    assert pq.read_schema(path).equals(file_schema(DELTAS))


def test_the_file_holds_the_snapshot_of_the_callers_transaction(production: Database, tmp_path: Path) -> None:
    with production.connect() as writing, production.connect("exporter") as connection:
        insert(writing, DELTAS, [delta(1)])
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            counted = connection.execute("select count(*) from market_data.orderbook_deltas").fetchall()
            insert(writing, DELTAS, [delta(2)])
            written = write_partition(connection, DELTAS, HOUR, after(3600), tmp_path / "part-0.parquet")
        assert (counted, written.totals.rows) == ([(1,)], 1)


def test_a_full_disk_leaves_nothing_behind(
    production: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with production.connect() as connection:
        insert(connection, DELTAS, [delta(1)])
    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full)
    with pytest.raises(OSError, match="No space left"):
        write(production, DELTAS, tmp_path / "part-0.parquet")
    assert list(tmp_path.iterdir()) == []


# Rows 1 ms apart in three markets. Most rows are of the last market; some differ only in their occurrence.
MANY = """
insert into market_data.hot_orderbook_deltas
select
    %s + n / 3 * interval '1 ms', 'KXMANY-' || least(n %% 7, 2), n / 5, 'yes', 0.5, n %% 11, n %% 3, %s, 1
from generate_series(1, 5000) as n
order by hashint4(n)
"""


def test_more_rows_than_are_sorted_at_once_come_in_order(
    production: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_writer, "RUN_ROWS", 100)
    monkeypatch.setattr(external_sort, "BATCH_ROWS", 16)
    monkeypatch.setattr("kalshi_data.archive.production_reader.BATCH_BYTES", 4096)
    with production.connect() as connection:
        connection.execute("select timeseries.ensure_partition('market_data.hot_orderbook_deltas', %s)", (HOUR,))
        connection.execute(MANY, (HOUR, HOUR))
        expected = connection.execute(f"select {', '.join(DELTAS.order)} from {DELTAS.table}".encode()).fetchall()
    written = write(production, DELTAS._replace(group_rows_max=1000), tmp_path / "part-0.parquet")
    found = [tuple(row[name] for name in DELTAS.order) for row in contents(tmp_path / "part-0.parquet")]
    assert found == sorted(expected)
    assert written.totals.rows == 5000
    file: Any = pq.read_metadata(tmp_path / "part-0.parquet")
    sizes = [file.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert len(sizes) in (5, 6, 7)
    assert max(sizes) < 1500
    assert [each.name for each in tmp_path.iterdir()] == ["part-0.parquet"]
    # A reader of the first market reads the groups that hold it, and no others.
    fragment = ds.dataset(tmp_path / "part-0.parquet").get_fragments()
    wanted = next(iter(fragment)).subset(ds.field("market_ticker") == "KXMANY-0")
    assert 714 <= sum(group.num_rows for group in wanted.row_groups) < 3000


def test_a_stop_leaves_nothing_behind(production: Database, tmp_path: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with production.connect("exporter") as connection:
        with production.connect() as writing:
            insert(writing, DELTAS, [delta(1)])
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(KeyboardInterrupt), connection.transaction():
            write_partition(connection, DELTAS, HOUR, after(3600), tmp_path / "part-0.parquet", stop)
        busy = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'"
        assert connection.execute(busy.encode()).fetchall() == [(0,)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_the_file_has_its_metadata_and_encodings(production: Database, stream: ArchiveStream, tmp_path: Path) -> None:
    with production.connect() as connection:
        insert(connection, stream, [one_row(stream)])
    path = tmp_path / "part-0.parquet"
    write(production, stream, path)
    file: Any = pq.read_metadata(path)
    metadata = {
        key: file.metadata[f"kalshi.{key}".encode()].decode() for key in ("stream", "schema_version", "begin_at")
    }
    assert metadata == {"stream": stream.name, "schema_version": "1", "begin_at": "2026-11-01T10:00:00+00:00"}
    units = json.loads(file.metadata[b"kalshi.columns"])
    assert units == {column.name: {"unit": column.unit, "since": column.since} for column in stream.columns}
    schema: Any = pq.read_schema(path)
    assert schema.remove_metadata().equals(file_schema(stream).remove_metadata())
    (timed, *_) = [name for name in ("received_at", "fetched_at", "first_seen_at") if name in schema.names]
    assert schema.field(timed).metadata[b"unit"].startswith(b"UTC micro")
    group = file.row_group(0)
    names = [column.name for column in stream.columns]
    assert [names[each.column_index] for each in group.sorting_columns] == [*stream.order]
    for number in range(file.num_columns):
        column = group.column(number)
        assert (column.compression, column.is_stats_set, column.has_offset_index) == ("ZSTD", True, True)
        assert column.has_column_index
        differs = column.physical_type == "INT64" and file.schema.column(number).logical_type.type in (
            "TIMESTAMP",
            "NONE",
        )
        assert ("DELTA_BINARY_PACKED" in column.encodings) == differs


def one_row(stream: ArchiveStream) -> Row:
    """Return a row of arbitrary values that production accepts."""
    made: dict[pa.DataType, Any] = {
        TIME: HOUR,
        DIGEST: bytes(32),
        LEVELS: [{"price": Decimal("0.4"), "size": Decimal(5)}],
        pa.bool_(): True,
        NAME: "yes",
        pa.string(): "{}",
        pa.int16(): 3,
    }
    return {column.name: made.get(column.type, 1) for column in stream.columns}
