"""The gatherer's settings; README.md lists them with their meaning."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, field

from kalshi_data.service.health import Endpoint, Port
from kalshi_data.settings import Conninfo, Section


class Exchange(Section):
    """Where the exchange is, and the key that signs requests to it."""

    rest_url: str
    websocket_url: str
    key_id: str
    private_key_file: Path


class Databases(Section):
    """The gatherer's two databases."""

    kalshi_ts: Conninfo
    kalshi_meta: Conninfo


class Requests(Section):
    """What the key may spend on REST, in the exchange's tokens; the defaults are the Basic tier's."""

    tokens_per_second: float = 200.0
    tokens_max: float = 400.0
    tokens_per_request: float = 10.0

    def __post_init__(self) -> None:
        """Refuse a budget that never lets a request through.

        Raises:
            ValueError: with what is wrong; msgspec adds the key it stands under.
        """
        if self.tokens_per_second <= 0 or not 0 < self.tokens_per_request <= self.tokens_max:
            raise ValueError("tokens_per_second must be above 0, tokens_per_request above 0 and at most tokens_max")


class RegistrySettings(Section):
    """How series, events and markets are kept up to date, and how long around its hours an order book is wanted."""

    reconcile_seconds: float = 60.0
    overlap_seconds: float = 120.0
    reload_seconds: float = 86_400.0
    open_early_seconds: float = 5.0
    close_late_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse times that would ask without a pause, or too late.

        Raises:
            ValueError: with what is wrong; msgspec adds the key it stands under.
        """
        if self.reconcile_seconds <= 0 or self.reload_seconds <= 0:
            raise ValueError("reconcile_seconds and reload_seconds must be above 0")
        if min(self.overlap_seconds, self.open_early_seconds, self.close_late_seconds) < 0:
            raise ValueError("overlap_seconds, open_early_seconds and close_late_seconds must not be negative")


class Health(Endpoint):
    """Where /health and /metrics are served, and from when on something counts as wrong."""

    port: Port = 9101
    heartbeat_seconds_max: float = 5.0
    database_seconds_max: float = 60.0
    start_seconds_max: float = 300.0
    connections_share_min: float = 0.5
    feed_seconds_max: float = 30.0
    feed_seconds_unhealthy: float = 120.0
    behind_frames_max: int = 100_000
    log_free_bytes_min: int = 2 << 30


class Retention(Section):
    """How long captured rows are kept, and how much disk they may take at most."""

    captured_days: Annotated[float, Meta(gt=0)] = 7.0
    check_seconds: float = 300.0
    database_bytes_max: int = 0
    alarm_seconds: float = 86_400.0


class Subscriptions(Section):
    """What is subscribed, and how it is spread over connections."""

    combos: bool = False
    index_values: bool = True
    connections_max: int = 10
    connections_per_channel: int = 2
    series: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()
    markets_per_connection_max: int = 5_000
    markets_per_command_max: int = 500
    snapshots_per_command_max: int = 100
    commands_per_second_max: int = 50
    acknowledgement_seconds_max: float = 10.0
    silence_seconds_max: float = 30.0
    refused_channel_seconds: float = 900.0
    audit_seconds: float = 900.0

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot be meant.

        Raises:
            ValueError: with what is wrong; msgspec adds the key it stands under.
        """
        if "" in (*self.series, *self.categories, *self.tickers):
            raise ValueError("series, categories and tickers hold patterns such as KXHIGH*, and none may be empty")


class Writing(Section):
    """When received rows are committed, and how much may wait."""

    batch_rows_max: int = 5_000
    batch_age_seconds_max: float = 0.05
    queued_rows_max: int = 200_000
    stop_seconds_max: float = 20.0
    frame_bytes_max: int = 16 << 20
    quarantined_frame_bytes_max: int = 1 << 20


class Recovery(Section):
    """How trades that were missed are fetched."""

    overlap_seconds: float = 5.0
    settle_seconds: float = 2.0


class FrameLog(Section):
    """Where every frame is kept as it was received, and for how long."""

    folder: Path = Path("/var/lib/kalshi/frames")
    bytes_max: int = 50 << 30
    age_seconds_max: float = 3 * 86_400.0
    segment_bytes: int = 64 << 20
    segment_seconds: float = 600.0
    block_bytes: int = 256 << 10
    block_seconds: float = 0.2
    sync_seconds: float = 0.5
    pending_blocks_max: int = 256


class GathererSettings(Section):
    """The whole file."""

    exchange: Exchange
    databases: Databases
    frame_log: FrameLog = field(default_factory=FrameLog)
    requests: Requests = field(default_factory=Requests)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    health: Health = field(default_factory=Health)
    retention: Retention = field(default_factory=Retention)
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    writing: Writing = field(default_factory=Writing)
    recovery: Recovery = field(default_factory=Recovery)
