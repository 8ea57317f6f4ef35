"""What is known of production's completeness as Prometheus metrics."""

from collections.abc import Iterable

from prometheus_client.core import Metric

from kalshi_data.deduplicator.monitoring.measurements import Measurements
from kalshi_data.service.metrics import gauge

STREAM_STATE = ("stream", "state")
CONTRIBUTIONS = {
    "unique": "Rows of the last day that only this gatherer received, estimated from a sample.",
    "first": "Rows of the last day that this gatherer received first, estimated from a sample.",
    "missed": "Rows of the last day that others received and this gatherer did not, estimated from a sample.",
}


def completeness_metrics(prefix: str, measurements: Measurements) -> Iterable[Metric]:
    """Yield what was counted last; before the first count, what has labels has no sample."""
    counted = measurements.completeness
    yield gauge(
        f"{prefix}completeness_timestamp_seconds",
        "When completeness was last counted; 0 for never.",
        counted.counted_at_seconds,
    )
    yield gauge(f"{prefix}completeness_count_seconds", "How long that took.", counted.count_seconds)
    yield gauge(f"{prefix}minutes", "Minutes of today (UTC) of all markets.", counted.minutes, STREAM_STATE)
    meaning = "Share of today's minutes of order books with changes that are proven; 1 if there are none."
    yield gauge(f"{prefix}minutes_proven_share", meaning, counted.share_proven)
    lost = {each.stream: each.minutes for each in counted.lost}
    streams = dict.fromkeys((stream for stream, _ in counted.minutes), 0)
    meaning = "Minutes of the last day, of all markets, that no source repaired within its time."
    yield gauge(f"{prefix}minutes_lost", meaning, {**streams, **lost}, "stream")
    meaning = "Gaps of the last day that gatherers noticed on their connections: open, or repaired by snapshot or rest."
    yield gauge(f"{prefix}gaps", meaning, counted.gaps, STREAM_STATE)
    yield from _books(prefix, measurements)
    for name, meaning in CONTRIBUTIONS.items():
        rows = {(str(number), stream): getattr(each, name) for (number, stream), each in counted.contributions.items()}
        yield gauge(f"{prefix}rows_{name}", meaning, rows, ("gatherer", "stream"))


def _books(prefix: str, measurements: Measurements) -> Iterable[Metric]:
    checks, books = measurements.completeness.book_checks, measurements.completeness.books
    results = {"proven": checks.proven, "retried": checks.retried, "wrong": checks.wrong}
    meaning = "Books compared with snapshots: proven in the last hour; of the last day to be compared again, and wrong."
    yield gauge(f"{prefix}book_checks", meaning, results, "result")
    yield gauge(f"{prefix}books_expected", "Markets whose order book is expected now.", books.markets)
    yield gauge(f"{prefix}books_missing", "Those of them that no living gatherer follows.", books.missing)
