"""What a gatherer counts while it works: plain numbers, so that counting costs almost nothing."""

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from kalshi_data.gatherer.exchange_clock import ExchangeClock
from kalshi_data.service.histogram import Delays
from kalshi_data.service.metrics import count, counts, delays, flag, level, size
from kalshi_data.service.repeated import Repeated

# A market whose snapshots differ from what was received is logged once in this time.
DIFFERENT_BOOK_SECONDS = 3600.0

# ruff: noqa: RUF009 - these functions return dataclasses.field(), which makes a value for each instance


@dataclass
class Counters:
    """All counters and levels of one gatherer; each is written by one thread and may be read by any.

    Each line defines the field for the program, and the name and meaning of its metric for Prometheus.
    """

    # Counters.
    frames: Counter[str] = counts("frames_received", "Frames received.", "type")
    received_bytes: int = count("received_bytes", "Bytes of all frames received.")
    committed_rows: Counter[str] = counts("rows_committed", "Rows committed.", "stream")
    snapshots_repeated: int = count("snapshots_repeated", "Snapshots not stored: the hour has an equal one.")
    commits: int = count("commits", "Transactions that committed received rows.")
    quarantined: Counter[str] = counts("frames_quarantined", "Frames in quarantine, by kind of reason.", "reason")
    unknown_fields: Counter[tuple[str, str]] = counts("unknown_fields", "Unknown fields, not stored.", "type", "field")
    ignored_fields: Counter[tuple[str, str]] = counts(
        "ignored_fields", "Fields with a bad value that the row does not need.", "type", "field"
    )
    gaps: Counter[str] = counts("sequence_gaps", "Gaps in sequence numbers.", "channel")
    book_checks: Counter[str] = counts("book_checks", "Snapshots compared with what came before them.", "result")
    books_not_followed: int = count("books_not_followed", "Times a book was too large to be compared.")
    exchange_errors: Counter[int] = counts("exchange_errors", "Errors of the exchange, by its code.", "code")
    commands: int = count("commands_sent", "Commands sent to the exchange.")
    snapshots_requested: Counter[str] = counts("snapshots_requested", "Order books requested again.", "reason")
    reconnects: Counter[str] = counts("reconnects", "Connections opened again, by name.", "connection")
    connection_errors: Counter[str] = counts("connection_errors", "Connections ended by a fault of ours.", "error")
    database_failures: int = count("database_failures", "Commits that failed because the database did not answer.")
    rows_refused: Counter[str] = counts("rows_refused", "Rows refused by the database, quarantined instead.", "stream")
    trades_fetched: int = count("trades_fetched", "Trades fetched over REST.")
    trades_refused: int = count("trades_refused", "Trades of REST that cannot be read or stored, each time.")
    registry_changes: Counter[str] = counts("registry_changes", "New or changed series, events, markets.", "listing")
    registry_refused: Counter[str] = counts("registry_objects_refused", "Objects of REST that are no good.", "kind")
    registry_failures: Counter[str] = counts("registry_failures", "Failed steps of the registry.", "step")
    requests_refused: Counter[int] = counts(
        "requests_refused", "Requests of REST that the exchange refused, each attempt, by HTTP status.", "status"
    )
    partitions_dropped: Counter[str] = counts("partitions_dropped", "Partitions dropped for age or space.", "stream")
    unread_partitions_dropped: Counter[str] = counts(
        "unread_partitions_dropped", "Partitions dropped for space before they were merged.", "stream"
    )
    rows_deleted: Counter[str] = counts("rows_deleted", "Rows deleted for age.", "table")
    heartbeats: int = count("heartbeats", "Heartbeats written.")
    heartbeat_failures: int = count("heartbeat_failures", "Heartbeats that could not be written.")

    # Levels.
    started_at_seconds: float = level("start_timestamp_seconds", "When this process started.", time.time)
    last_frame_at_seconds: float = level("last_frame_timestamp_seconds", "When the last frame arrived; 0 for never.")
    connections_wanted: int = level("connections_wanted", "Connections there should be.", int)
    connections_up: int = level("connections_up", "Connections there are.", int)
    markets_known: int = level("markets_known", "Markets the exchange lists.", int)
    markets_wanted: int = level("markets_wanted", "Markets whose books should be subscribed.", int)
    markets_subscribed: int = level("markets_subscribed", "Markets whose books are subscribed.", int)
    books_followed: int = level("books_followed", "Order books whose snapshots are compared.", int)
    tokens_per_second: float = level(
        "tokens_per_second", "Tokens of the exchange that requests may cost in a second; 0 until it was asked."
    )
    books_room: int = level("books_room", "Order books that all connections have room for.", int)
    markets_unassigned: int = level("markets_unassigned", "Markets wanted that no connection has room for.", int)
    subscribed: bool = flag("subscribed", "1 once everything wanted has been subscribed since the start.", bool)
    # Until then it writes no heartbeat and drops nothing.
    awaits_database: bool = flag("awaits_database", "1 until this process alone may write to kalshi_ts.", bool)
    trade_gaps_unrepaired: int = level("trade_gaps_unrepaired", "Gaps in trades that REST does not fill.", int)
    queued_rows: int = level("queued_rows", "Rows waiting to be committed.", int)
    behind_frames: int = level("behind_frames", "Frames in the log that are not committed yet.", int)
    log_bytes: int = level("frame_log_bytes", "Size of the frame log.", int)
    log_oldest_at_seconds: float = level(
        "frame_log_oldest_timestamp_seconds", "When the oldest segment was last written; 0 for none."
    )
    log_free_bytes: int = level("frame_log_free_bytes", "Free space on the frame log's disk.", int)
    log_reserve_bytes: int = level(
        "frame_log_reserve_bytes", "Free space below which the frame log deletes committed segments early.", int
    )
    heartbeat_at_seconds: float = level("heartbeat_timestamp_seconds", "When the last heartbeat was written.")
    loop_lag_seconds: float = level("loop_lag_seconds", "How late the event loop's last turn was.")
    clock_difference_seconds: float = level(
        "clock_difference_seconds", "How far this host's clock is ahead of the exchange's."
    )
    database_bytes: int = level("database_bytes", "Size of kalshi_ts.", int)
    database_free_bytes: int = level(
        "database_free_bytes", "Free space on the disk of kalshi_ts; 0 if the disk is not known.", int
    )
    database_kept_bytes: int = level(
        "database_kept_bytes", "Size of kalshi_ts without partitions that are over and merged.", int
    )
    growth_bytes_per_day: float = level("growth_bytes_per_day", "By how much that grew in the last day.")
    full_in_days: float = level(
        "full_in_days",
        "Days until rows must be dropped that are not merged, at the rate of the last day; infinite if never.",
        lambda: math.inf,
    )
    unread_dropped_at_seconds: float = level(
        "unread_dropped_timestamp_seconds",
        "When rows were last dropped for space before they were merged; 0 for never.",
    )

    exchange_status_at_seconds: float = level(
        "exchange_status_timestamp_seconds", "When the exchange last said whether it is active; 0 for never."
    )
    exchange_schedule_at_seconds: float = level(
        "exchange_schedule_timestamp_seconds", "When the exchange last said when it is maintained; 0 for never."
    )

    # Waiting and failures in words, empty if there is none; the metric is 1 or 0.
    held_by: str = flag("waiting_for_lock", "1 while another gatherer holds the frame log or the database.", str)
    key_excess: str = flag("key_too_wide", "1 if the API key may do more than read, against the settings.", str)
    log_failure: str = flag("frame_log_failing", "1 while frames cannot be logged.", str)
    database_failure: str = flag("database_failing", "1 while rows cannot be committed.", str)
    writer_failure: str = flag("writer_failing", "1 while the writer starts over after a fault of its own.", str)
    retention_failure: str = flag("retention_failing", "1 while too few old rows can be dropped.", str)
    heartbeat_failure: str = flag("heartbeat_failing", "1 while heartbeats cannot be written.", str)
    exchange_halted: str = flag("exchange_halted", "1 while the exchange says that a shard is not active.", str)
    every_shard_halted: bool = flag("every_shard_halted", "1 while the exchange says that no shard is active.", bool)
    # The last one in words.
    rest_refusal: str = flag("rest_refused", "1 once the exchange has refused a request for now, or the key.", str)
    rest_refused_at_seconds: float = level(
        "rest_refused_timestamp_seconds", "When the exchange last refused a request for now, or the key; 0 for never."
    )
    rest_waits_until_seconds: float = level(
        "rest_waits_until_timestamp_seconds", "Until when the exchange asked to send no request; 0 for never."
    )
    # When each begins and ends, in seconds since 1970, as the last schedule says.
    maintenance_windows: list[tuple[float, float]] = size(
        "maintenance_windows", "Windows of maintenance that the exchange's schedule lists.", list
    )
    # Reasons by the task's name.
    failed_tasks: dict[str, str] = size("tasks_failed", "Tasks that failed a short time ago and run again.", dict)
    trade_gap_failure: str = flag("trade_gaps_failing", "1 while gaps in trades are not repaired.", str)
    # Reasons by the step of the registry.
    registry_failing: dict[str, str] = size("registry_steps_failing", "Steps of the registry that fail now.", dict)
    # When each list of the exchange was first stored whole, in seconds since 1970, by its path.
    listed_at_seconds: dict[str, float] = size("lists_loaded", "Lists of the exchange that were stored whole.", dict)
    # Reasons by the connection's name.
    refused: dict[str, str] = size("connections_refused", "Connections the exchange refuses.", dict)
    failing: dict[str, str] = size("connections_failing", "Connections that end soon each time.", dict)
    # When each was first received (monotonic), by its name.
    unknown_at: dict[str, float] = size("unknown_names", "Kinds of messages and fields this version ignores.", dict)
    # Reasons by market.
    refused_markets: dict[str, str] = size(
        "markets_refused", "Order books the exchange refuses, asked again later.", dict
    )

    feed_delays: Delays = delays("feed_delay_seconds", "From the exchange's queue (sending_ts_ms) to being received.")
    event_delays: Delays = delays("event_delay_seconds", "From the matching engine (ts_ms) to being received.")
    commit_delays: Delays = delays("commit_delay_seconds", "From being received to being committed.")

    exchange_clock: ExchangeClock = field(default_factory=ExchangeClock)
    # Which repeated conditions were logged, and when.
    repeated: Repeated = field(default_factory=Repeated)
    different_books: Repeated = field(default_factory=lambda: Repeated(DIFFERENT_BOOK_SECONDS))
    # When the event loop last had a turn, by time.monotonic, which means nothing outside this process.
    loop_at_seconds: float = field(default=0.0)
