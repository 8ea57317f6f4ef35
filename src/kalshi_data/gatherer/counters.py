"""What a gatherer counts while it works: plain numbers, so that counting costs next to nothing."""

import time
from collections import Counter

from kalshi_data.service.histogram import Delays


class Counters:
    """All counters and levels of one gatherer; one thread writes each of them, anyone may read."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.started_at_seconds = time.time()
        # Counters: of frames by message type, rows by stream, frames in quarantine by kind of reason, and so on.
        self.frames: Counter[str] = Counter()
        self.received_bytes = 0
        self.committed_rows: Counter[str] = Counter()
        self.commits = 0
        self.quarantined: Counter[str] = Counter()
        self.unknown_fields: Counter[tuple[str, str]] = Counter()
        self.gaps: Counter[str] = Counter()  # by channel
        self.exchange_errors: Counter[int] = Counter()  # by the exchange's code
        self.commands = 0
        self.snapshots_requested: Counter[str] = Counter()  # by reason: gap, audit, clock
        self.reconnects: Counter[str] = Counter()  # by connection name
        self.database_failures = 0
        self.trades_fetched = 0  # by REST
        self.registry_changes: Counter[str] = Counter()  # series, events and markets that were new or had changed
        self.partitions_dropped: Counter[str] = Counter()  # by stream, for their age or for room
        self.unread_partitions_dropped: Counter[str] = Counter()  # by stream, for room, before they were merged
        self.rows_deleted: Counter[str] = Counter()  # by table, for their age
        self.heartbeats = 0
        self.heartbeat_failures = 0
        # Levels.
        self.last_frame_at_seconds = 0.0
        self.connections_wanted = 0
        self.connections_up = 0
        self.markets_known = 0
        self.markets_wanted = 0
        self.markets_subscribed = 0
        self.subscribed = False  # whether everything wanted has been asked for once and acknowledged
        self.markets_unassigned = 0  # wanted, but no connection has room for them
        self.queued_rows = 0
        self.behind_frames = 0  # frames in the log that are not committed yet, while the writer catches up from it
        self.log_bytes = 0
        self.log_oldest_at_seconds = 0.0
        self.log_free_bytes = 0
        self.log_failure = ""  # why frames cannot be logged just now
        self.database_failure = ""  # why rows cannot be committed just now
        self.refused: dict[str, str] = {}  # connections the exchange refuses, by name, with the reason
        self.heartbeat_failure = ""  # why the last heartbeat could not be written
        self.heartbeat_at_seconds = 0.0  # when one was last written
        self.loop_at_seconds = 0.0  # when the event loop last had a turn, by time.monotonic
        self.loop_lag_seconds = 0.0  # by how much its last turn came late
        self.database_bytes = 0
        self.retention_failure = ""  # why old rows cannot be dropped just now
        self.unread_dropped_at_seconds = 0.0  # when rows were last dropped for room before they were merged
        # Delays: exchange queued -> received, exchange traded -> received, received -> committed.
        self.feed_delays = Delays()
        self.event_delays = Delays()
        self.commit_delays = Delays()
