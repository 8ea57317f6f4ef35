"""The gatherer's settings; README.md lists them with their meaning."""

from pathlib import Path

from msgspec import field

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


class Subscriptions(Section):
    """What is subscribed, and how it is spread over connections."""

    combos: bool = False
    markets_per_connection_max: int = 5_000
    markets_per_command_max: int = 500
    acknowledgement_seconds_max: float = 10.0


class Writing(Section):
    """When received rows are committed, and how much may wait."""

    batch_rows_max: int = 5_000
    batch_age_seconds_max: float = 0.05
    queued_rows_max: int = 200_000
    stop_seconds_max: float = 20.0
    frame_bytes_max: int = 16 << 20
    quarantined_frame_bytes_max: int = 1 << 20


class GathererSettings(Section):
    """The whole file."""

    exchange: Exchange
    databases: Databases
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    writing: Writing = field(default_factory=Writing)
