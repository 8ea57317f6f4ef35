"""The stream of what the exchange says of itself: its shards, its standard hours, its windows of maintenance."""

import pyarrow as pa

from kalshi_data.archive.streams.columns import DIGEST, NAME, RECEIVED, TIME, ArchiveStream, Column, listed_time

SEEN = "UTC microseconds, clock of the gatherer"

EXCHANGE_STATUS = ArchiveStream(
    "exchange_status",
    "market_data.exchange_status",
    "first_seen_at",
    ("kind", "first_seen_at", "body_sha256"),
    (
        Column("kind", NAME, "shard, schedule or maintenance"),
        Column("exchange_index", pa.int32(), "number of a shard", nullable=True),
        Column("exchange_active", pa.bool_(), "true or false", nullable=True),
        Column("trading_active", pa.bool_(), "true or false", nullable=True),
        *(listed_time(name) for name in ("resumes_at", "begins_at", "ends_at")),
        Column("body", pa.string(), "JSON"),
        Column("body_sha256", DIGEST, "SHA-256"),
        Column("first_seen_at", TIME, SEEN),
        Column("confirmed_at", TIME, SEEN),
        RECEIVED[1],
    ),
)
