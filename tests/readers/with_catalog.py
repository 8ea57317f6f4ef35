"""Reads each table of a catalogue by three tools and compares it with the archive's files; prints JSON."""

import json
import os
import sys
from pathlib import Path

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg
import polars as pl
from pyiceberg.catalog.sql import SqlCatalog

os.environ["POLARS_ICEBERG_PLANNER"] = "pyiceberg"
COMPARE = """
with
files as (select {columns} from read_parquet({files}, union_by_name = true, hive_partitioning = true)),
read as (select {columns} from {source})
select
    (select count(*) from read),
    (select count(*) from (from files except all from read)),
    (select count(*) from (from read except all from files))
"""


def connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for module in (duckdb_extension_avro, duckdb_extension_iceberg):
        (extension,) = Path(module.__file__).parent.rglob("*.duckdb_extension")
        connection.execute(f"load '{extension}'")
    connection.execute("set timezone = 'UTC'")
    return connection


def main(catalog: SqlCatalog, namespace: str, files: dict[str, list[str]]) -> dict[str, dict[str, list[int]]]:
    connection, found = connect(), {}
    for stream, paths in files.items():
        table = catalog.load_table((namespace, stream))
        connection.register("by_pyiceberg", table.scan().to_arrow())
        connection.register("by_polars", pl.scan_iceberg(table).collect().to_arrow())
        by_duckdb = f"iceberg_scan('{table.metadata_location}')"
        columns = ", ".join(f'"{name}"' for name in table.schema().column_names if "." not in name)
        sources = {"pyiceberg": "by_pyiceberg", "polars": "by_polars", "duckdb": by_duckdb}
        asked = {tool: COMPARE.format(columns=columns, files=paths, source=source) for tool, source in sources.items()}
        found[stream] = {tool: list(connection.execute(text).fetchone()) for tool, text in asked.items()}
    return found


if __name__ == "__main__":
    chosen = json.loads(sys.argv[1])
    opened = SqlCatalog("kalshi", uri=chosen["uri"], warehouse=chosen["warehouse"])
    sys.stdout.write(json.dumps(main(opened, chosen["namespace"], chosen["files"])))
