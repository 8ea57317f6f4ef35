"""A gatherer's counters as Prometheus metrics."""

from collections.abc import Iterable
from typing import NamedTuple

from prometheus_client.core import Metric

from kalshi_data.gatherer.counters import Counters
from kalshi_data.service.health import HealthReport
from kalshi_data.service.metrics import Labels, counter, gauge, histogram
from kalshi_data.version import read_release

PREFIX = "kalshi_gatherer_"


class Entry(NamedTuple):
    """One attribute of Counters under the name it has for Prometheus."""

    attribute: str
    name: str
    meaning: str
    labels: Labels = ()


COUNTERS = (
    Entry("frames", "frames_received", "Frames received, by message type.", "type"),
    Entry("received_bytes", "received_bytes", "Bytes of all frames received."),
    Entry("committed_rows", "rows_committed", "Rows committed, by stream.", "stream"),
    Entry("commits", "commits", "Transactions that committed received rows."),
    Entry("quarantined", "frames_quarantined", "Frames in quarantine, by kind of reason.", "reason"),
    Entry("unknown_fields", "unknown_fields", "Fields nobody knows, stored without them.", ("type", "field")),
    Entry("gaps", "sequence_gaps", "Gaps in sequence numbers, by channel.", "channel"),
    Entry("exchange_errors", "exchange_errors", "Errors the exchange answered with, by its code.", "code"),
    Entry("commands", "commands_sent", "Commands sent to the exchange."),
    Entry("snapshots_requested", "snapshots_requested", "Order books asked for, by reason.", "reason"),
    Entry("reconnects", "reconnects", "Connections opened again, by name.", "connection"),
    Entry("database_failures", "database_failures", "Attempts to commit that failed because the database was away."),
    Entry("trades_fetched", "trades_fetched", "Trades fetched over REST."),
    Entry("registry_changes", "registry_changes", "Series, events and markets, new or changed, by listing.", "listing"),
    Entry("partitions_dropped", "partitions_dropped", "Partitions dropped for their age or for room.", "stream"),
    Entry("unread_partitions_dropped", "unread_partitions_dropped", "Those dropped before they were merged.", "stream"),
    Entry("rows_deleted", "rows_deleted", "Rows deleted for their age, by table.", "table"),
    Entry("heartbeats", "heartbeats", "Heartbeats written."),
    Entry("heartbeat_failures", "heartbeat_failures", "Heartbeats that could not be written."),
)
LEVELS = (
    Entry("started_at_seconds", "start_timestamp_seconds", "When this gatherer started."),
    Entry("last_frame_at_seconds", "last_frame_timestamp_seconds", "When the last frame was received; 0 for never."),
    Entry("connections_wanted", "connections_wanted", "Connections there should be."),
    Entry("connections_up", "connections_up", "Connections there are."),
    Entry("markets_known", "markets_known", "Markets the exchange lists."),
    Entry("markets_wanted", "markets_wanted", "Markets whose books should be subscribed."),
    Entry("markets_subscribed", "markets_subscribed", "Markets whose books are subscribed."),
    Entry("markets_unassigned", "markets_unassigned", "Markets whose books no connection has room for."),
    Entry("subscribed", "subscribed", "Whether everything wanted was subscribed once since the start."),
    Entry("queued_rows", "queued_rows", "Rows waiting to be committed."),
    Entry("behind_frames", "behind_frames", "Frames in the log that are not committed yet."),
    Entry("log_bytes", "frame_log_bytes", "Size of the frame log."),
    Entry("log_oldest_at_seconds", "frame_log_oldest_timestamp_seconds", "The age of the frame log; 0 for none."),
    Entry("log_free_bytes", "frame_log_free_bytes", "Space left where the frame log is."),
    Entry("heartbeat_at_seconds", "heartbeat_timestamp_seconds", "When a heartbeat was last written; 0 for never."),
    Entry("loop_lag_seconds", "loop_lag_seconds", "By how much the event loop's last turn came late."),
    Entry("database_bytes", "database_bytes", "Size of kalshi_ts."),
    Entry(
        "unread_dropped_at_seconds",
        "unread_dropped_timestamp_seconds",
        "When rows were last dropped for room before they were merged; 0 for never.",
    ),
)
# What is told in words is 1 while there is something to tell.
TROUBLES = (
    Entry("log_failure", "frame_log_failing", "1 while frames cannot be logged."),
    Entry("database_failure", "database_failing", "1 while rows cannot be committed."),
    Entry("retention_failure", "retention_failing", "1 while old rows cannot be dropped, or not enough of them."),
    Entry("heartbeat_failure", "heartbeat_failing", "1 while heartbeats cannot be written."),
)
DELAYS = (
    Entry("feed_delays", "feed_delay_seconds", "From the exchange's queue (sending_ts_ms) to being received."),
    Entry("event_delays", "event_delay_seconds", "From the matching engine (ts_ms) to being received."),
    Entry("commit_delays", "commit_delay_seconds", "From being received to being committed."),
)


def read_metrics(counters: Counters, health: HealthReport) -> Iterable[Metric]:
    """Yield all counters as they are now."""
    yield gauge(f"{PREFIX}build_info", "The version that runs.", {read_release().version: 1}, "version")
    yield gauge(f"{PREFIX}health", "0 healthy, 1 degraded, 2 unhealthy.", health.severity)
    for entry in COUNTERS:
        yield counter(PREFIX + entry.name, entry.meaning, getattr(counters, entry.attribute), entry.labels)
    for entry in LEVELS:
        yield gauge(PREFIX + entry.name, entry.meaning, getattr(counters, entry.attribute))
    for entry in TROUBLES:
        yield gauge(PREFIX + entry.name, entry.meaning, bool(getattr(counters, entry.attribute)))
    yield gauge(f"{PREFIX}connections_refused", "Connections the exchange refuses.", len(counters.refused))
    for entry in DELAYS:
        yield histogram(PREFIX + entry.name, entry.meaning, getattr(counters, entry.attribute))
