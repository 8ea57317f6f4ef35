"""An object that cannot be read is one finding of verify and one waiting hour of the exporter; the others go on."""

import hashlib
import io
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pyarrow
import pytest
from msgspec import structs
from rich.console import Console

from kalshi_data.archive.hour_calendar import findings_table
from kalshi_data.archive.manifest import Manifest, data_key, manifest_key
from kalshi_data.archive.partitions import END, HourSelection
from kalshi_data.archive.schemas import arrow_schema
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.verify import AWAY_MAX, Finding, Verifier
from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.retention import drop_archived
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from tests.support.engines import Database
from tests.support.exporting import HOUR, THEN, TRADES, export, fill, mark, parquet, row_of, settings, states, trade
from tests.support.s3 import KEY, SECRET, Fault, Moto, client

SPAN = HourSelection(TRADES, THEN, THEN + 2 * HOUR)
DATA = f"parquet/trades/date={THEN:%Y-%m-%d}/hour=00/part-0.parquet"
MANIFEST = f"parquet/_manifests/trades/date={THEN:%Y-%m-%d}/hour=00.json"
# Its functions are described to type checkers only in part.
arrow: Any = pyarrow
RETENTION = ProductionRetentionSettings(trades_days=1)


@pytest.fixture(scope="module")
def server() -> Iterator[Moto]:
    with Moto().running() as running:
        yield running


class Bucket:
    """Two hours of the archive in a bucket, with faults on request."""

    def __init__(self, moto: Moto, folder: Path) -> None:
        self.moto = moto
        self.name = f"archive-{uuid.uuid4().hex}"
        self.client = client(moto.url)
        self.client.create_bucket(Bucket=self.name)
        self.archive: dict[str, Any] = {
            "target": f"s3://{self.name}",
            "endpoint_url": moto.url,
            "region": "us-east-1",
            "attempts_max": 1,
        }
        self.settings = ArchiveSettings(**self.archive, workspace_folder=folder / "workspace")

    def fill(self) -> None:
        """Write an object and its manifest for each hour, without a database."""
        content = table_of(arrow_schema(TRADES[0]).empty_table())
        for hour in (THEN, THEN + HOUR):
            key = data_key(self.settings, TRADES[0], hour)
            self.write(key, content)
            made = manifest_of(key, hour, content)
            self.write(manifest_key(self.settings, TRADES[0], hour), msgspec.json.encode(made))

    def read(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def content(self) -> bytes:
        """Return an object's content, also if requests for it fail."""
        self.moto.fault, fault = None, self.moto.fault
        try:
            return self.read(DATA)
        except self.client.exceptions.InvalidObjectState:
            return b""
        finally:
            self.moto.fault = fault

    def write(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def forge(self, content: bytes) -> None:
        """Replace an object, and what its manifest says about it."""
        self.write(DATA, content)
        sha256 = hashlib.sha256(content).hexdigest()
        self.write(MANIFEST, json.dumps(self.manifest() | {"bytes": len(content), "sha256": sha256}).encode())

    def manifest(self) -> dict[str, Any]:
        return json.loads(self.read(MANIFEST))

    def offline(self) -> list[Finding]:
        return list(Verifier(self.settings).offline(SPAN))


def manifest_of(key: str, hour: datetime, content: bytes) -> Manifest:
    """Return the manifest of an object without rows."""
    return Manifest(
        stream="trades",
        begins_at=hour,
        ends_at=hour + HOUR,
        key=key,
        rows=0,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        schema_version=TRADES[0].version,
        first_at=None,
        last_at=None,
        gatherer_rows={},
        sums={},
        watermarks=[],
        exported_at=hour,
        exported_by="tests",
    )


@pytest.fixture
def bucket(server: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    yield Bucket(server, tmp_path)
    server.fault = None


@pytest.fixture
def filled(bucket: Bucket) -> Bucket:
    bucket.fill()
    return bucket


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        fill(connection)
        yield connection


def answering(status: str, code: str, key: str = DATA) -> Callable[[Bucket], None]:
    """Answer requests for one object with an error."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()

    def spoil(bucket: Bucket) -> None:
        def fault(environ: dict[str, Any]) -> tuple[str, bytes] | None:
            is_asked = environ["PATH_INFO"].endswith(key) and environ["REQUEST_METHOD"] == "GET"
            return (status, body) if is_asked else None

        bucket.moto.fault = fault

    return spoil


def with_fault(fault: Fault) -> Callable[[Bucket], None]:
    """Do something with requests for the content of one object."""

    def spoil(bucket: Bucket) -> None:
        bucket.moto.fault = lambda environ: fault(environ) if environ["PATH_INFO"].endswith(DATA) else None

    return spoil


def hang(_: dict[str, Any]) -> tuple[str, bytes]:
    time.sleep(4)
    return "200 OK", b""


def time_out(bucket: Bucket) -> None:
    """Let requests for the content of one object take longer than a client waits."""
    bucket.settings = structs.replace(bucket.settings, request_seconds_max=2.0)
    with_fault(hang)(bucket)


def hang_up(environ: dict[str, Any]) -> tuple[str, bytes]:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return "200 OK", b""


def freeze(bucket: Bucket) -> None:
    """Move an object to cold storage, as a rule of the bucket does."""
    source = {"Bucket": bucket.name, "Key": DATA}
    bucket.client.copy_object(Bucket=bucket.name, Key=DATA, CopySource=source, StorageClass="GLACIER")


def table_of(rows: Any) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(rows, sink)
    return sink.getvalue()


def other_footer(bucket: Bucket) -> None:
    bucket.forge(b"PAR1" + b"\xff" * 1_000 + (900).to_bytes(4, "little") + b"PAR1")


def huge_footer(bucket: Bucket) -> None:
    bucket.forge(b"PAR1" + b"x" * 100 + (0xFFFFFFFF).to_bytes(4, "little") + b"PAR1")


def other_columns(bucket: Bucket) -> None:
    bucket.forge(table_of(arrow.table({"a": [1, 2, 3]})))


def other_types(bucket: Bucket) -> None:
    """Give a column lists instead of texts."""
    rows = parquet.read_table(io.BytesIO(bucket.read(DATA)))
    lists = arrow.array([[1]] * rows.num_rows, arrow.list_(arrow.int64()))
    bucket.forge(table_of(rows.set_column(rows.schema.names.index("market_ticker"), "market_ticker", lists)))


def changed(**values: Any) -> Callable[[Bucket], None]:
    """Replace values of a manifest."""
    return lambda bucket: bucket.write(MANIFEST, json.dumps(bucket.manifest() | values).encode())


UNREADABLE: dict[str, tuple[Callable[[Bucket], None], str]] = {
    "cold storage": (freeze, "the object is in cold storage: restore it"),
    "denied": (answering("403 Forbidden", "AccessDenied"), "access is denied"),
    "missing": (answering("404 Not Found", "NoSuchKey"), "is missing"),
    "key disabled": (answering("400 Bad Request", "KMS.DisabledException"), "the object is disabled: enable it"),
    "unknown answer": (answering("418 Odd", "Teapot"), "it answers 418 Teapot no"),
    "server error": (answering("500 Internal Server Error", "InternalError"), "it answers 500 InternalError no"),
    "time-out": (time_out, "cannot be reached"),
    "connection": (with_fault(hang_up), "cannot be reached"),
    "truncated": (lambda bucket: bucket.write(DATA, bucket.read(DATA)[:-1]), "bytes, its manifest says"),
    "empty": (lambda bucket: bucket.write(DATA, b""), "has 0 bytes"),
    "other bytes": (lambda bucket: bucket.write(DATA, bucket.read(DATA)[:-1] + b"?"), "has sha256"),
    "no Parquet": (lambda bucket: bucket.forge(b"text"), "is not a Parquet file"),
    "other footer": (other_footer, "is not a Parquet file"),
    "huge footer": (huge_footer, "is not a Parquet file"),
    "other columns": (other_columns, "has no column"),
    "manifest denied": (answering("403 Forbidden", "AccessDenied", key=MANIFEST), "access is denied"),
    "manifest of text": (lambda bucket: bucket.write(MANIFEST, b"\xff\x00"), "is not a manifest"),
    "manifest of depth": (lambda bucket: bucket.write(MANIFEST, b"[" * 100_000), "is not a manifest"),
    "manifest of size": (lambda bucket: bucket.write(MANIFEST, b" " * (17 << 20)), "is not a manifest"),
    "manifest of another": (changed(key="parquet/trades/../../etc/passwd"), "is the manifest of another object"),
    "manifest of another hour": (changed(begins_at="2020-01-01T00:00:00Z"), "is the manifest of another object"),
    "time without zone": (changed(begins_at="2020-01-01T00:00:00"), "is not a manifest"),
    "digest": (changed(sha256="no"), "is not a manifest"),
    "sums": (changed(sums={"size": "many"}), "is not a manifest"),
    "gatherers": (changed(gatherer_rows={"first": 1}), "is not a manifest"),
    "rows": (changed(rows=-1), "is not a manifest"),
}


@pytest.mark.parametrize(("spoil", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_object_is_one_finding(filled: Bucket, spoil: Callable[[Bucket], None], message: str) -> None:
    assert [each.state for each in filled.offline()] == ["verified", "verified"]
    spoil(filled)
    found = filled.offline()
    assert [(each.begins_at, each.state) for each in found] == [(THEN, "wrong"), (THEN + HOUR, "verified")]
    assert len(found[0].problems) == 1
    assert message in found[0].problems[0]


@pytest.mark.parametrize("spoil", [freeze, answering("403 Forbidden", "AccessDenied"), other_types])
def test_production_is_compared_with_the_other_hours(
    production: Database, ops: Connection, bucket: Bucket, tmp_path: Path, spoil: Callable[[Bucket], None]
) -> None:
    export(settings(production, tmp_path, **bucket.archive), until_at=THEN + 2 * HOUR)
    spoil(bucket)
    ops.execute("update ops.archive_partitions set sha256 = sha256(%s) where hour = %s", (bucket.content(), THEN))
    with production.connect("exporter") as reading:
        found = list(Verifier(bucket.settings).online(reading, SPAN, deep=True))
    assert [(each.begins_at, each.state) for each in found] == [(THEN, "wrong"), (THEN + HOUR, "verified")]
    assert found[1].compared_with == "rows"


def test_a_store_that_is_away_ends_in_a_bounded_time(filled: Bucket) -> None:
    """After some objects in a row the others are not asked for; each is a finding all the same."""
    for number in range(2, AWAY_MAX + 5):
        filled.write(MANIFEST.replace("hour=00", f"hour={number:02}"), filled.read(MANIFEST))
    span = HourSelection(TRADES, THEN, THEN + 24 * HOUR)
    verifier = Verifier(filled.settings)
    answering("503 Slow Down", "SlowDown", key=".json")(filled)
    filled.moto.requests.clear()
    found = list(verifier.offline(span))
    assert len(found) == AWAY_MAX + 5
    assert {each.state for each in found} == {"wrong"}
    assert sum("not read, because the store was away" in str(each.problems) for each in found) == 5
    assert sum(each.startswith("GET") and ".json" in each.split("?")[0] for each in filled.moto.requests) == AWAY_MAX


def test_a_key_that_names_no_hour_is_a_finding(filled: Bucket) -> None:
    for name in ("notes.txt", f"date={THEN:%Y-%m-%d}/hour=99.json", f"date={THEN:%Y-%m-%d}/hour=00/copy.json"):
        filled.write(f"parquet/_manifests/trades/{name}", b"{}")
    found = filled.offline()
    assert sorted(each.state for each in found) == ["verified"] * 2 + ["wrong"] * 3
    assert all("is no manifest's key: remove it" in each.problems[0] for each in found if each.problems)


def test_a_folder_that_cannot_be_listed_is_a_finding_of_its_stream(filled: Bucket) -> None:
    with patch.object(filled.moto, "fault", denied_list):
        (found,) = filled.offline()
    assert (found.state, found.stream, found.begins_at) == ("wrong", "trades", None)
    text = io.StringIO()
    Console(file=text, width=200).print(findings_table([found]))
    assert "\ntrades: s3://" in text.getvalue()
    assert "access is denied" in str(found.problems)


def denied_list(environ: dict[str, Any]) -> tuple[str, bytes] | None:
    is_list = "list-type" in environ["QUERY_STRING"]
    return ("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>") if is_list else None


def test_late_rows_of_an_unreadable_hour_wait_and_hold_up_no_other(
    production: Database, ops: Connection, bucket: Bucket, tmp_path: Path
) -> None:
    chosen = settings(production, tmp_path, **bucket.archive)
    export(chosen, until_at=END)
    drop_archived(ops, RETENTION)
    freeze(bucket)
    for hour in (0, 1):
        trade(ops, THEN + timedelta(hours=hour, minutes=3), f"late {hour}")
        mark(ops, THEN + hour * HOUR, streams=["trades"])
    export(chosen, until_at=END)
    found = states(ops)
    assert found.pop(THEN) == "pending"
    assert set(found.values()) == {"verified"}
    waiting = row_of(ops)
    # It is tried again after a pause, which may be over by now.
    assert waiting["failures"] >= 1
    assert waiting["retry_at"] is not None
    assert row_of(ops, hour=THEN + HOUR)["row_count"] == 5
    assert "late 0" in str(ops.execute("select trade_id from market_data.trades").fetchall())
