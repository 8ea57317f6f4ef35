"""An archive in a folder or a bucket with rows of every stream, made without a database."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kalshi_data.archive.catalog.connection import open_catalog
from kalshi_data.archive.catalog.inventory import ManifestInventory
from kalshi_data.archive.catalog.registration import Registered, Registrar
from kalshi_data.archive.control_totals import ControlTotals, TotalsAccumulator
from kalshi_data.archive.manifest import Manifest, data_key, manifest_key, put_manifest
from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.schemas import ARCHIVED, ArchiveStream, Column, file_type
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.open import open_store

MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROWS = 5
NAMESPACE = "kalshi_iceberg"


def value(column: Column, begins_at: datetime, number: int, seed: int) -> Any:
    """Return a value of a column's type that differs from row to row."""
    kind = str(file_type(column.type)).partition("(")[0].partition("<")[0]
    made = {
        "timestamp[us, tz=UTC]": begins_at + timedelta(minutes=number, microseconds=seed),
        "list": [{"price": Decimal(number + 1) / 100, "size": Decimal(seed)}] * number,
        "decimal128": Decimal(seed * 100 + number) / 100,
        "bool": bool(number % 2),
        "fixed_size_binary[32]": hashlib.sha256(f"{number}{seed}".encode()).digest(),
        "string": f"KXA-{number}",
    }
    return None if column.nullable and number == 1 else made.get(kind, number + seed)


def make_rows(stream: ArchiveStream, begins_at: datetime, rows: int, seed: int) -> pa.Table:
    fields = [pa.field(each.name, file_type(each.type), each.nullable) for each in stream.columns]
    columns = [
        pa.array([value(each, begins_at, number, seed) for number in range(rows)], field.type)
        for each, field in zip(stream.columns, fields, strict=True)
    ]
    return pa.table(columns, schema=pa.schema(fields))


def totals_of_rows(stream: ArchiveStream, rows: pa.Table) -> ControlTotals:
    accumulator = TotalsAccumulator(stream)
    if rows.num_rows:
        accumulator.add(rows)
    return accumulator.totals()


class MadeArchive:
    """Writes hours as the exporter leaves them, and registers them in a catalogue."""

    def __init__(self, folder: Path, target: str = "", **settings: Any) -> None:
        self.folder = folder
        self.settings = ArchiveSettings(
            target=target or f"file://{folder / 'bucket'}", workspace_folder=folder / "workspace", **settings
        )
        self.bucket = open_store(self.settings)
        self.address = f"sql:sqlite:///{folder / 'catalog.db'}"

    def put(
        self, stream: ArchiveStream, begins_at: datetime, *, rows: int = ROWS, seed: int = 1, lists: bool = True
    ) -> bytes:
        """Write an hour's object and, unless it only now begins to be written, its manifest."""
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "made.parquet"
            made_rows = make_rows(stream, begins_at, rows, seed)
            pq.write_table(made_rows, path, compression="zstd")
            content = path.read_bytes()
            sha256 = hashlib.sha256(content)
            self.bucket.put(data_key(self.settings, stream, begins_at), path, sha256.digest())
            if lists:
                made = self.manifest(stream, begins_at, made_rows, content)
                put_manifest(self.bucket, self.settings, stream, made, Path(name))
        return content

    def manifest(self, stream: ArchiveStream, begins_at: datetime, rows: pa.Table, content: bytes) -> Manifest:
        totals = totals_of_rows(stream, rows)
        return Manifest(
            stream=stream.name,
            begins_at=begins_at,
            ends_at=begins_at + timedelta(hours=stream.hours),
            key=data_key(self.settings, stream, begins_at),
            rows=totals.rows,
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            schema_version=stream.version,
            first_at=totals.first_at,
            last_at=totals.last_at,
            gatherer_rows={str(number): rows for number, rows in totals.gatherer_rows.items()},
            sums={name: f"{Decimal(total):f}" for name, total in totals.sums.items()},
            watermarks=[],
            exported_at=begins_at + DAY,
            exported_by="test",
        )

    def remove(self, stream: ArchiveStream, begins_at: datetime) -> None:
        """Remove an hour from an archive in a folder, as an operator does who keeps only some years."""
        for make_key in (data_key, manifest_key):
            (self.folder / "bucket" / make_key(self.settings, stream, begins_at)).unlink()

    def path(self, stream: ArchiveStream, begins_at: datetime) -> Path:
        return self.folder / "bucket" / data_key(self.settings, stream, begins_at)

    def fill(self) -> None:
        """Write two hours and an hour without rows of each stream, or two days."""
        for stream in ARCHIVED:
            for number in range(2):
                self.put(stream, MIDNIGHT + number * timedelta(hours=stream.hours), seed=number + 1)
            self.put(stream, MIDNIGHT + 2 * timedelta(hours=stream.hours), rows=0)

    def register(self, *streams: ArchiveStream, **selected: Any) -> dict[str, Registered]:
        """Register what the manifests list, as `archive catalog --offline` does."""
        opened = open_catalog(self.address, NAMESPACE, self.settings)
        registrar = Registrar(opened, self.settings, ManifestInventory(self.bucket, self.settings))
        try:
            chosen = streams or ARCHIVED
            return {each.name: registrar.register(each, HourSelection(chosen, **selected)) for each in chosen}
        finally:
            opened.catalog.close()

    def metadata_files(self, stream: ArchiveStream) -> list[Path]:
        """Return the files of a table that are not the archive's."""
        root = self.folder / "bucket" / self.settings.prefix / "_iceberg" / NAMESPACE / stream.name
        return sorted(path for path in root.rglob("*") if path.is_file())

    def files(self, stream: ArchiveStream) -> Iterator[Path]:
        """Yield the files of a stream that have rows."""
        root = self.folder / "bucket" / self.settings.prefix / stream.name
        yield from (path for path in sorted(root.rglob("*.parquet")) if pq.read_metadata(path).num_rows)

    def rows(self, stream: ArchiveStream) -> list[dict[str, Any]]:
        """Return the rows of a stream's files."""
        return [row for path in self.files(stream) for row in pq.ParquetFile(path).read().to_pylist()]
