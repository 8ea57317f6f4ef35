"""The benchmark of the reader compares its answers with those of other tools."""

from tests.benchmarks.reading.benchmark import measure


def test_every_side_answers_the_same() -> None:
    found = measure(0.02)
    assert {name for name in found if name.endswith("_ratio")} == {
        "bucket_book_duckdb_ratio",
        "book_duckdb_ratio",
        "book_clickhouse_ratio",
        "books_duckdb_ratio",
        "books_clickhouse_ratio",
    }
    assert found["books_rows"] > found["book_rows"] > 0
