"""What production accepts can be archived, and a row of an older version that cannot be keeps no other one out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.database.connection import Connection, query
from kalshi_data.streams import STREAMS
from tests.support.archived_rows import STREAMS as ARCHIVED
from tests.support.archived_rows import write
from tests.support.engines import Database
from tests.support.exporting import THEN, export, fill, mark, parquet, part, row_of, settings, states, trade

Row = dict[str, Any]
HOUR = THEN + timedelta(hours=3)
AT = HOUR + timedelta(minutes=7)
ODD_NUMBERS = (
    "0.41000000", "0.41000005", "NaN", "Infinity", "-Infinity", "999999999999.999999", "-1000000000000", "1e40",
    "0.4100000000000000000000000000000000000000000", "1e-30", "99999999999999999999.5", "0.0000000000000000001", "0",
)  # fmt: skip
NUMBERS = st.sampled_from(ODD_NUMBERS) | st.decimals("-2", "2", places=3).map(str)
PRICES = st.sampled_from(["0.5", "0.1234567", "0.5000000", "NaN"]) | st.decimals("0", "1", places=7).map(str)
TIMES = st.sampled_from(["infinity", "-infinity", "0001-01-01 00:00:00+00", "4713-01-01 00:00:00+00 BC",
                         "294276-12-31 00:00:00+00", "1899-12-31 23:59:59+00", str(AT)])  # fmt: skip
TEXTS = st.sampled_from(["KXA-1", "", "K" * 1000, "K" * 1001, "ü" * 600, "\N{PILE OF POO}", None])
DIGESTS = st.sampled_from([bytes(32), bytes(31), b"", None])
COUNTS = st.sampled_from([0, -1, 2**63 - 1, -(2**63), None])
LISTS = st.lists(NUMBERS, max_size=2).map(lambda numbers: "{" + ",".join(numbers) + "}") | st.sampled_from(
    ["{{1,2},{3,4}}", "{null}", "{0.5}", None]
)
LISTED_TIMES = (
    st.lists(TIMES | st.just("null"), max_size=3).map(
        lambda times: "{" + ",".join(f'"{each}"' if each != "null" else each for each in times) + "}"
    )
    | st.none()
)
JSON = st.sampled_from([Jsonb({}), Jsonb({"a": 1e300}), Jsonb("ü"), None])
KINDS = {"numeric": NUMBERS, "text": TEXTS, "bytea": DIGESTS, "bigint": COUNTS, "numeric[]": LISTS, "jsonb": JSON}
KINDS["timestamp with time zone[]"] = LISTED_TIMES
GIVEN = {
    "side": st.sampled_from(["yes", "no", "", None]),
    "taker_side": st.sampled_from(["yes", "no", "both", None]),
    "yes_price": PRICES,
    "no_price": PRICES,
    "price": PRICES,
    "gatherer_id": st.just(1),
    "epoch": st.just(UUID(int=1)),
    "ingest_xid": st.just("7"),
    "occurrence": st.integers(0, 3),
    "time_digits": st.sampled_from([6, 3, 0, None]),
}
COLUMNS = """
select attname, format_type(atttypid, null) from pg_attribute
where attrelid = 'pg_temp.stage'::regclass and attnum > 0
"""
INSERT = sql.SQL("insert into stage ({}) values ({})")


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        yield connection


def rows_of(connection: Connection, stream: ArchiveStream) -> st.SearchStrategy[list[Row]]:
    """Return rows of a stream in its hour with any values; about half of a row's values are usual ones."""
    columns = dict(connection.execute(COLUMNS).fetchall())
    usual: dict[str, st.SearchStrategy[Any]] = {
        "numeric": st.just("0.5"), "text": st.sampled_from(["KXA-1", "KXA-2"]), "bytea": st.just(bytes(32)),
        "bigint": st.integers(0, 9), "numeric[]": st.just("{0.5}"), "jsonb": st.just(Jsonb({})),
        "boolean": st.booleans(), "timestamp with time zone": st.just(AT), "timestamp with time zone[]": st.just("{}"),
    }  # fmt: skip
    choices: dict[str, st.SearchStrategy[Any]] = {}
    for name, kind in columns.items():
        odd = TIMES if kind == "timestamp with time zone" else GIVEN.get(name, KINDS.get(kind, st.none()))
        plain = GIVEN.get(name) if name in ("gatherer_id", "epoch", "ingest_xid", "occurrence") else usual.get(kind)
        fixed = {"side": st.just("yes"), "taker_side": st.just("no")}.get(name, odd if plain is None else plain)
        choices[name] = fixed if name == stream.time_column else st.one_of(fixed, fixed, fixed, odd)
    return st.lists(st.fixed_dictionaries(choices), min_size=1, max_size=8)


def merge(connection: Connection, name: str, rows: list[Row]) -> int:
    """Stage, reject and merge rows as a tick does; return how many production refused."""
    stream = next(each for each in STREAMS if each.name == name)
    for row in rows:
        names = [sql.Identifier(column) for column in row]
        statement = INSERT.format(sql.SQL(", ").join(names), sql.SQL(", ").join([sql.Placeholder()] * len(names)))
        connection.execute(statement, list(row.values()))
    asked = {"stream": name, "target": stream.target, "time_column": stream.time_column, "late_days_max": 400}
    refused = connection.execute(query("production/reject/misfits"), asked).fetchall()
    if stream.has_times:
        refused += connection.execute(query(f"production/reject/{name}"), asked).fetchall()
    if stream.time_column:
        connection.execute(query("production/stage/prepare_partitions"), asked)
    connection.execute(query(f"production/merge/{name}"))
    return sum(count for _, count in refused)


@pytest.mark.parametrize("name", ARCHIVED)
def test_whatever_is_merged_can_be_archived(production: Database, ops: Connection, tmp_path: Path, name: str) -> None:
    stream = ARCHIVED[name]
    ops.execute(query(f"production/stage/{name}"))

    @hypothesis_settings(
        deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )
    @given(rows=rows_of(ops, stream))
    def whatever(rows: list[Row]) -> None:
        with ops.transaction():
            refused = merge(ops, name, rows)
        with production.connect() as other:
            (held,) = other.execute(f"select count(*) from {stream.table}".encode()).fetchall()[0]
            assert other.execute("select count(*) from ops.rejected_rows").fetchone() == (refused,)
            path = tmp_path / "part.parquet"
            begin = HOUR if stream.time_column else datetime(2026, 1, 1, tzinfo=UTC)
            assert write(production, stream, path, begin).totals.rows == held
            other.execute(f"truncate {stream.table}, ops.rejected_rows".encode())

    run: Callable[[], None] = whatever
    run()


def test_the_usual_row_of_each_stream_is_merged(production: Database, ops: Connection) -> None:
    for name, places in {"trades": ("0.4100000000", "0.41000005"), "index_values": ("1e19", "1e20")}.items():
        ops.execute(query(f"production/stage/{name}"))
        good, bad = places
        facts = {"trade_id": "t", "market_ticker": "KXA-1", "no_price": 0.5, "size": 1, "taker_side": "yes"}
        value = {"index_id": "I", "source_ts": AT, "published_at": AT, "payload": Jsonb({}), "value": good}
        trades = {**facts, "exchange_ts": AT, "yes_price": good}
        row = {**(trades if name == "trades" else value), "received_at": AT, "gatherer_id": 1, "ingest_xid": "1"}
        amount = "yes_price" if name == "trades" else "value"
        with ops.transaction():
            assert merge(ops, name, [row, {**row, amount: bad}]) == 1
        ops.execute("drop table stage")
        with production.connect() as other:
            assert other.execute(f"select {amount}::text from market_data.{name}".encode()).fetchall()
    reasons = ops.execute("select stream, reason, body ->> 'yes_price' from ops.rejected_rows order by 1").fetchall()
    assert reasons == [
        ("index_values", "value has too many digits: at most 20, 18 before and after the point", None),
        ("trades", "yes_price has too many digits: at most 12, 6 before and after the point", "0.41000005"),
    ]


def test_a_row_of_an_older_version_leaves_and_its_hour_is_archived(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    with production.connect() as other:
        other.execute("update market_data.hot_trades set yes_price = 0.41000005 where trade_id = 'trade 1'")
    export(settings(production, tmp_path))
    assert states(ops)[THEN] == "verified"
    assert row_of(ops)["row_count"] == 5
    assert "trade 1" not in parquet.read_table(part(tmp_path)).column("trade_id").to_pylist()
    quarantined = ops.execute(
        "select stream, gatherer_id, reason, body ->> 'trade_id' from ops.rejected_rows"
    ).fetchall()
    reason = "the archive cannot hold it: yes_price has too many digits: at most 12, 6 before and after the point"
    assert quarantined == [("trades", 2, reason, "trade 1")]
    # The same row, merged once more, is rejected before it reaches the table.
    trade(ops, THEN + timedelta(minutes=5), "good")
    mark(ops, THEN, streams=["trades"])
    export(settings(production, tmp_path))
    assert row_of(ops)["row_count"] == 6
