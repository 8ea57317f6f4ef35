"""Writes and uploads one hour as the exporter does: CONNINFO BEGIN END FILE ENDPOINT BUCKET; prints results as JSON."""
# boto3 builds its clients at run time and carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import resource
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import click
import msgspec
import psycopg

from kalshi_data.archive.parquet_writer import write_partition
from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.database.connection import connect

DELTAS = next(stream for stream in ARCHIVED if stream.name == "orderbook_deltas")


def main(conninfo: str, begin: str, end: str, file: str, endpoint: str, bucket: str) -> None:
    """Measure from the first byte read to the last one uploaded."""
    began = time.perf_counter()
    hour = [datetime.fromisoformat(moment) for moment in (begin, end)]
    with connect(conninfo, application_name="benchmark") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            written = write_partition(connection, DELTAS, hour[0], hour[1], Path(file))
    client: Any = boto3.client("s3", endpoint_url=endpoint)
    client.upload_file(file, bucket, "part-0.parquet")
    seconds = time.perf_counter() - began
    rss_max_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results = {"seconds": seconds, "rows": written.totals.rows, "bytes": written.byte_count, "rss_max_mb": rss_max_mb}
    click.echo(msgspec.json.encode(results))


main(*sys.argv[1:])
