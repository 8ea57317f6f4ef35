"""The gatherer's settings; `python3 build.py docs` writes their table into the README.md of this folder."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, field

from kalshi_data.gatherer.connections.settings import RequestSettings, SubscriptionSettings
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.markets.settings import RegistrySettings
from kalshi_data.service.growth import GrowthLimits
from kalshi_data.service.health import Port
from kalshi_data.settings import BYTES_MAX, COUNT_MAX, DAYS_MAX, SECONDS_MAX, Conninfo, Section, require_url


class ExchangeSettings(Section):
    """Addresses of the exchange, and the key that signs requests."""

    rest_url: Annotated[str, Meta(description="Address of the exchange's REST interface, without a trailing slash.")]
    websocket_url: Annotated[str, Meta(description="Address of the exchange's WebSocket, without a trailing slash.")]
    key_id: Annotated[str, Meta(description="Id of the API key.")]
    private_key_file: Annotated[
        Path,
        Meta(
            description=(
                "Private half of the API key in PEM (RSA or Ed25519). If the exchange refuses the key, the file is "
                "read again when it changes."
            )
        ),
    ]
    allow_wide_key: Annotated[
        bool,
        Meta(
            description=(
                "Whether the key may do more than read. Otherwise the gatherer does not start with such a key, and is "
                "degraded if the exchange says so later."
            )
        ),
    ] = False

    def __post_init__(self) -> None:
        """Reject an address without its scheme.

        Raises:
            ValueError: with the reason; msgspec adds the key.
        """
        require_url("rest_url", self.rest_url, ("https", "http"))
        require_url("websocket_url", self.websocket_url, ("wss", "ws"))


class DatabaseSettings(Section):
    """The gatherer's two databases."""

    kalshi_ts: Annotated[Conninfo, Meta(description="Database for what this gatherer receives.")]
    kalshi_meta: Annotated[Conninfo, Meta(description="Database for series, events and markets.")]


class GathererHealthSettings(GrowthLimits):
    """Where /health and /metrics are served, and the limits beyond which the gatherer is degraded or unhealthy."""

    port: Annotated[Port, Meta(description="Port of `/health`, `/metrics` and the status page; 0 serves none.")] = 9101
    heartbeat_seconds_max: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description="Heartbeat age at which the gatherer is degraded; `gatherer status` then exits 1.",
        ),
    ] = 5.0
    database_seconds_max: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description="Heartbeat age at which the gatherer is unhealthy, because its database does not take rows.",
        ),
    ] = 60.0
    start_seconds_max: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Time that the first load of all markets may take.")
    ] = 300.0
    connections_share_min: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Share of connections that must be open. Fewer are unhealthy; one missing is degraded.",
        ),
    ] = 0.5
    feed_seconds_max: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Time without any frame after which the gatherer is degraded.")
    ] = 30.0
    feed_seconds_unhealthy: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Time without any frame after which the gatherer is unhealthy.")
    ] = 120.0
    behind_frames_max: Annotated[
        int,
        Meta(
            ge=0,
            le=COUNT_MAX,
            description="Logged frames that may wait to be committed before the gatherer is degraded.",
        ),
    ] = 100_000
    clock_seconds_max: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description="Difference to the exchange's clock beyond which the gatherer is degraded.",
        ),
    ] = 5.0
    unknown_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=SECONDS_MAX,
            description=(
                "Time for which the gatherer is degraded after it received a kind of message or a field that this "
                "version does not know, for the first time since its start."
            ),
        ),
    ] = 86_400.0


class CaptureRetentionSettings(Section):
    """How long captured rows are kept, and how much disk they may take at most."""

    captured_hours: Annotated[
        float,
        Meta(
            le=24 * DAYS_MAX,
            gt=0,
            description="Captured rows are dropped at this age, once they are merged, by whole partitions.",
        ),
    ] = 12.0
    incident_days: Annotated[
        float,
        Meta(
            le=DAYS_MAX,
            gt=0,
            description="Quarantined frames, and merged connections, subscriptions and gaps, are deleted at this age.",
        ),
    ] = 7.0
    history_days: Annotated[
        float,
        Meta(
            le=DAYS_MAX,
            gt=0,
            description=(
                "Replaced bodies of series, events and markets, and states of the exchange, are deleted at this age."
            ),
        ),
    ] = 90.0
    check_seconds: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Interval at which old partitions are looked for and dropped.")
    ] = 300.0
    database_bytes_max: Annotated[
        int,
        Meta(
            ge=0,
            le=BYTES_MAX,
            description=(
                "Size of `kalshi_ts` above which the oldest partitions are dropped, merged or not, with an alarm. If "
                "that does not help, rows wait in the frame log from a tenth more on. 0 sets no bound: then partitions "
                "that are merged are dropped, and rows wait, above 55 % of what its disk could give it."
            ),
        ),
    ] = 0
    alarm_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=SECONDS_MAX,
            description="Time for which `/health` reports that rows were dropped before they were merged.",
        ),
    ] = 86_400.0


class WritingSettings(Section):
    """When received rows are committed, and how many may wait."""

    batch_rows_max: Annotated[int, Meta(ge=1, le=COUNT_MAX, description="Rows at which a batch is committed.")] = 5_000
    batch_age_seconds_max: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Age at which a batch is committed, if few rows arrive.")
    ] = 0.05
    queued_rows_max: Annotated[
        int,
        Meta(
            ge=1,
            le=COUNT_MAX,
            description=(
                "Rows that may wait in memory for the database. Beyond that, rows are read from the frame log again."
            ),
        ),
    ] = 200_000
    stop_seconds_max: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Time that a stop waits for a database that is away.")
    ] = 20.0
    frame_bytes_max: Annotated[int, Meta(ge=1, le=BYTES_MAX, description="Longer frames go to quarantine.")] = 16 << 20
    quarantined_frame_bytes_max: Annotated[
        int, Meta(ge=1, le=BYTES_MAX, description="Bytes kept of a quarantined frame.")
    ] = 1 << 20


class RecoverySettings(Section):
    """How missed trades are fetched over REST."""

    overlap_seconds: Annotated[
        float,
        Meta(ge=0, le=SECONDS_MAX, description="Widen the REST window of missed trades by this much on both sides."),
    ] = 5.0
    settle_seconds: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Wait this long after a gap before asking REST for its trades.")
    ] = 2.0


class GathererSettings(Section):
    """The gatherer's configuration file."""

    exchange: ExchangeSettings
    databases: DatabaseSettings
    frame_log: FrameLogSettings = field(default_factory=FrameLogSettings)
    requests: RequestSettings = field(default_factory=RequestSettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)
    health: GathererHealthSettings = field(default_factory=GathererHealthSettings)
    retention: CaptureRetentionSettings = field(default_factory=CaptureRetentionSettings)
    subscriptions: SubscriptionSettings = field(default_factory=SubscriptionSettings)
    writing: WritingSettings = field(default_factory=WritingSettings)
    recovery: RecoverySettings = field(default_factory=RecoverySettings)
