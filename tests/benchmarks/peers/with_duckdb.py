"""Writes an hour of changes of order books to one sorted Parquet file with DuckDB, and uploads it.

CONNINFO BEGIN END FILE ENDPOINT BUCKET; prints the figures as JSON.
Its own best: all processors, decimals of the same size as ours, and the newer encodings, which make a smaller file.
"""

import json
import resource
import sys
import time
from pathlib import Path

import boto3
import duckdb
import duckdb_extension_postgres_scanner

COPY = """
copy (
    select
        market_ticker, exchange_ts, clock, side, price::decimal(18, 6) as price,
        size_delta::decimal(18, 6) as size_delta, occurrence, received_at, gatherer_id,
        time_digits
    from production.market_data.orderbook_deltas
    where exchange_ts >= timestamptz '{begin}' and exchange_ts < timestamptz '{end}'
    order by market_ticker, exchange_ts, clock, side, price, size_delta, occurrence
)
to '{file}' (format parquet, compression zstd, parquet_version v2, row_group_size 1048576)
"""


def main(conninfo: str, begin: str, end: str, file: str, endpoint: str, bucket: str) -> None:
    """Measure from the first byte read to the last one uploaded."""
    extension = next(Path(duckdb_extension_postgres_scanner.__file__).parent.rglob("*.duckdb_extension"))
    connection = duckdb.connect(config={"temp_directory": str(Path(file).parent)})
    connection.execute(f"load '{extension}'")
    began = time.perf_counter()
    connection.execute(f"attach '{conninfo}' as production (type postgres, read_only)")
    connection.execute(COPY.format(begin=begin, end=end, file=file))
    boto3.client("s3", endpoint_url=endpoint).upload_file(file, bucket, "duckdb.parquet")
    seconds = time.perf_counter() - began
    rows = connection.execute(f"select count(*) from '{file}'").fetchone()[0]
    rss_max_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"seconds": seconds, "rows": rows, "bytes": Path(file).stat().st_size, "rss_max_mb": rss_max_mb}
    sys.stdout.write(json.dumps(figures) + "\n")


main(*sys.argv[1:])
