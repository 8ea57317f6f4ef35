"""What a gatherer counts while it works: plain numbers, so that counting costs almost nothing."""

import time
from collections import Counter

from kalshi_data.service.histogram import Delays


class Counters:
    """All counters and levels of one gatherer; one thread writes each of them, every thread may read them."""

    def __init__(self) -> None:
        """Start at zero."""
        self.started_at_seconds = time.time()
        # Counters.
        self.frames: Counter[str] = Counter()  # by message type
        self.received_bytes = 0
        self.committed_rows: Counter[str] = Counter()  # by stream
        self.commits = 0
        self.quarantined: Counter[str] = Counter()  # by kind of reason
        self.unknown_fields: Counter[tuple[str, str]] = Counter()  # by message type and name
        self.gaps: Counter[str] = Counter()  # by channel
        self.exchange_errors: Counter[int] = Counter()  # by the exchange's code
        self.commands = 0
        self.snapshots_requested: Counter[str] = Counter()  # by reason: gap, audit, clock
        self.reconnects: Counter[str] = Counter()  # by connection name
        self.database_failures = 0
        self.trades_fetched = 0  # over REST
        self.registry_changes: Counter[str] = Counter()  # by table: objects that were new or had changed
        self.partitions_dropped: Counter[str] = Counter()  # by stream, because of their age or a full disk
        self.unread_partitions_dropped: Counter[str] = (
            Counter()
        )  # by stream, because of a full disk, before they were merged
        self.rows_deleted: Counter[str] = Counter()  # by table, because of their age
        self.heartbeats = 0
        self.heartbeat_failures = 0
        # Levels.
        self.last_frame_at_seconds = 0.0
        self.connections_wanted = 0
        self.connections_up = 0
        self.markets_known = 0
        self.markets_wanted = 0
        self.markets_subscribed = 0
        self.subscribed = False  # whether all wanted subscriptions were acknowledged once since the start
        self.markets_unassigned = 0  # wanted, but every connection is full
        self.queued_rows = 0
        self.behind_frames = 0  # frames in the log that are not committed yet, while the writer reads rows from it
        self.log_bytes = 0
        self.log_oldest_at_seconds = 0.0
        self.log_free_bytes = 0
        self.log_failure = ""  # why frames cannot be logged now
        self.database_failure = ""  # why rows cannot be committed now
        self.refused: dict[str, str] = {}  # by name of a connection: why the exchange refuses it
        self.heartbeat_failure = ""  # why the last heartbeat could not be written
        self.heartbeat_at_seconds = 0.0  # when one was last written
        self.loop_at_seconds = 0.0  # when the event loop last had a turn, by time.monotonic
        self.loop_lag_seconds = 0.0  # by how much its last turn came late
        self.database_bytes = 0
        self.retention_failure = ""  # why old rows cannot be dropped now
        self.unread_dropped_at_seconds = (
            0.0  # when rows were last dropped before they were merged, because of a full disk
        )
        # Delays: exchange queued -> received, exchange traded -> received, received -> committed.
        self.feed_delays = Delays()
        self.event_delays = Delays()
        self.commit_delays = Delays()
