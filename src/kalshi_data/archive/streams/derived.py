"""The streams of the archive that prove the others: production derives them when it writes their files."""

from kalshi_data.archive.streams.columns import NAME, TIME, ArchiveStream, Column

DERIVED = (
    # The state of each expected minute, as runs of equal minutes within the hour.
    ArchiveStream(
        "coverage",
        "market_data.coverage",
        "from_at",
        ("market_ticker", "stream", "from_at"),
        (
            Column("market_ticker", NAME, "name at the exchange, empty for all markets"),
            Column("stream", NAME, "name of a stream"),
            Column("from_at", TIME, "UTC microseconds, whole minutes"),
            Column("to_at", TIME, "UTC microseconds, whole minutes"),
            Column("state", NAME, "proven, repaired, covered, idle or gap"),
        ),
        is_derived=True,
    ),
)
