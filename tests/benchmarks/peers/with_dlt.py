"""Merges the gatherers' deltas into one table with dlt: SOURCE_URL... TARGET_URL.

Read by its fastest backend that keeps decimals, loaded by COPY (csv), merged by upsert on the key that production has.
"""

import sys

import dlt
from dlt.sources.sql_database import sql_table

KEY = ["exchange_ts", "market_ticker", "clock", "side", "price", "size_delta", "occurrence"]


def main(sources: list[str], target: str) -> None:
    """Run one pipeline after the other into the same table."""
    pipeline = dlt.pipeline("peer", destination=dlt.destinations.postgres(target), dataset_name="peer_dlt")
    for source in sources:
        deltas = sql_table(
            credentials=source,
            schema="sync",
            table="orderbook_deltas_v1",
            backend="pyarrow",
            chunk_size=100_000,
            included_columns=[*KEY, "received_at"],
            reflection_level="full_with_precision",
        )
        deltas.apply_hints(
            table_name="orderbook_deltas",
            write_disposition={"disposition": "merge", "strategy": "upsert"},
            primary_key=KEY,
            columns={name: {"data_type": "decimal", "precision": 18, "scale": 4} for name in ("price", "size_delta")},
        )
        pipeline.run(deltas, loader_file_format="csv")


main(sys.argv[1:-1], sys.argv[-1])
