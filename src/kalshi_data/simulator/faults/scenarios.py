"""The faults that the exchange can play, from a scenario file or by the admin endpoint.

A scenario file is TOML: a list of [[faults]], each with the `name` of a scenario below and, optionally,
`after_seconds` (from the start of the program), `seconds`, `count`, `fields`, `connection`, `client` or `shard`.
"""

from pathlib import Path
from textwrap import TextWrapper

import msgspec

from kalshi_data.errors import SettingsError
from kalshi_data.simulator.feed.field_sets import DEPRECATED, check_names

SCENARIOS = {
    "drop_frames": "the next COUNT data frames of a connection are not sent, which leaves a sequence gap",
    "drop_seconds": "no frame of one connection is sent for SECONDS",
    "reorder": "one connection gets its frames SECONDS later than the others",
    "disconnect": "a connection ends without a close frame",
    "disconnect_in_snapshots": "a connection ends after COUNT more snapshots",
    "silence": "a connection stays open for SECONDS but gets no frame and no ping",
    "overflow": "a connection's order-book subscription ends with error 25, as for a slow reader",
    "channel_error": "a connection's order-book subscription ends with error 10",
    "command_timeout": "the next command of a connection is refused with error 18",
    "market_limit": "the next command of a connection is refused with error 26",
    "command_limit": "the next command of a connection is refused with error 27",
    "refuse_connections": "new connections are answered with 429 for SECONDS",
    "rest_429": "every REST request is answered with 429 for SECONDS",
    "rest_500": "every REST request is answered with 500 for SECONDS",
    "truncated_pages": "REST pages are cut off in the middle for SECONDS",
    "repeated_pages": "REST answers every cursor with the first page for SECONDS",
    "not_found_after_created": "REST lists a market only SECONDS after it was created, from now on",
    "maintenance": "all clients are disconnected for SECONDS, and the clock of every market goes back",
    "trading_pause": "for SECONDS trading is not active, by REST, on all shards or SHARD; made-up markets do not trade",
    "exchange_halt": "for SECONDS the exchange is not active, by REST, on all shards or SHARD; nothing is made up",
    "missing_fields": "COUNT frames of a connection lack FIELDS, by default the deprecated ones",
    "no_deprecated_fields": "COUNT frames of a connection lack the deprecated fields",
    "rollout": "FIELDS are taken from some connections, or given back, and SECONDS later for all",
    "unknown_fields": "COUNT frames of a connection have undocumented fields",
    "unknown_type": "a connection gets COUNT frames of an undocumented type, each with a sequence number",
    "empty_market_id": "COUNT frames of a connection have an empty market_id",
    "malformed_json": "COUNT frames of a connection are cut off in the middle",
    "wrong_decimals": "COUNT frames of a connection have prices with six decimals",
    "clock_skew": "the exchange's wall clock is SECONDS ahead of the host's, from now on",
}
# Faults of the whole exchange; all others are faults of one connection.
OF_EXCHANGE = frozenset(
    {
        *("refuse_connections", "rest_429", "rest_500", "truncated_pages", "repeated_pages"),
        *("not_found_after_created", "maintenance", "trading_pause", "exchange_halt", "clock_skew"),
    }
)
# Faults that withhold fields, but no message.
OF_FIELDS = frozenset({"missing_fields", "no_deprecated_fields", "rollout"})
SECONDS_DEFAULT = {"drop_seconds": 1.0, "reorder": 0.5, "silence": 30.0, "maintenance": 2.0, "clock_skew": 5.0}

# Help texts are as wide as the narrowest usual terminal, and click indents them.
HELP_COLUMNS = 76


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request for one fault; without `connection` and `client` it is for the first connection with order books."""

    name: str
    after_seconds: float = 0.0
    seconds: float | None = None
    count: int = 1
    connection: int | None = None
    client: str | None = None
    shard: int | None = None
    fields: list[str] = msgspec.field(default_factory=lambda: sorted(DEPRECATED))

    def __post_init__(self) -> None:
        """Refuse unknown names of faults and fields, and invalid numbers."""
        if self.name not in SCENARIOS:
            raise ValueError(f"{self.name!r} is not a fault; the faults are: {', '.join(SCENARIOS)}")
        if self.count < 1 or self.after_seconds < 0 or (self.seconds is not None and self.seconds < 0):
            raise ValueError("count must be at least 1, and seconds must not be negative")
        check_names(self.fields)

    @property
    def lasting_seconds(self) -> float:
        """How long the fault lasts."""
        return SECONDS_DEFAULT.get(self.name, 10.0) if self.seconds is None else self.seconds


class Scenario(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A scenario file."""

    faults: list[Fault] = []


def read_scenario(path: Path) -> list[Fault]:
    """Return the faults of a scenario file.

    Raises:
        SettingsError: if the file cannot be read or names an unknown fault.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Scenario).faults
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def describe() -> str:
    r"""Return what each fault does, as a block that click does not re-wrap."""
    wrapped = TextWrapper(width=HELP_COLUMNS, subsequent_indent=" " * 27)
    lines = [line for name, text in SCENARIOS.items() for line in wrapped.wrap(f"  {name:24} {text}")]
    return "\n".join(["\b", "Faults, for --scenario and POST /admin/faults:", *lines])
